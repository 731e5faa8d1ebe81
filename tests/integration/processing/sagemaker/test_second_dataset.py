"""A dataset is one contract and one features module: the same scripts, told the module's name, do the rest."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_breast_cancer

from contracts import load
from processing.sagemaker import inference
from tests.unit.processing.sagemaker.support import ARROW, Jobs

MODULE = ("--features", "datasets.diagnoses.features")
TABLE = load("diagnoses").table("diagnoses")


def test_from_files_to_predictions(jobs: Jobs) -> None:
    source = load_breast_cancer()
    values = {"sample_id": range(len(source.target)), "malignant": source.target == 0}
    values.update({str(name).replace(" ", "_"): source.data[:, n] for n, name in enumerate(source.feature_names)})
    columns = {column.name: pa.array(values[column.name], ARROW[column.type]) for column in TABLE.columns}
    (jobs.folder / "curated").mkdir()
    pq.write_table(pa.table(columns), jobs.folder / "curated" / "part-0.parquet")

    preprocess = jobs.processing("preprocess", "preprocess", *MODULE, inputs={"curated": jobs.folder / "curated"})
    parts = {name: preprocess.output(name) for name in ("train", "validation", "artifacts")}
    train = jobs.training("train", "--num_round", "30", channels=parts)
    held_back = {name: preprocess.output(name) for name in ("test", "temporal_test")}
    evaluate = jobs.processing("evaluate", "evaluate", inputs={"model": train.root / "output", **held_back})
    evaluation = json.loads((evaluate.output("evaluation") / "evaluation.json").read_text())
    assert min(evaluation["auc_temporal"], evaluation["auc_random"]) > 0.95
    assert evaluation["baseline_auc"] == 0.5  # nothing to look up: the same guess for all
    assert evaluation["group_gaps"] == {}
    rows = json.loads((preprocess.output("report") / "report.json").read_text())["rows"]
    assert sum(rows.values()) == len(source.target)

    suggest = jobs.processing(
        "suggest", "monitor", "suggest", *MODULE, inputs={"baseline": preprocess.output("baseline")}
    )
    constraints = json.loads((suggest.output("constraints") / "constraints.json").read_text())
    assert len(constraints["features"]) == 30

    model = inference.model_fn(str(train.root / "model"))
    sample = {
        name: float(column[0].as_py()) for name, column in columns.items() if name.startswith(("mean", "worst"))
    }
    errors = {name: float(column[0].as_py()) for name, column in columns.items() if name.endswith("error")}
    body = json.dumps({**sample, **errors})
    (answer,) = inference.predict(inference.read(body, "application/json"), model)
    assert answer["malignant"] is bool(values["malignant"][0]) is True
