"""The project's own inference.py behind an endpoint: the same predictions as offline, bad requests refused."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from botocore.exceptions import ClientError

from datasets.flights.features import DATASET
from processing import encoder
from processing.records import arrow_columns
from processing.sagemaker import inference
from processing.sagemaker.curated import read_table
from processing.sagemaker.train import save
from tests.integration.endpoints.hall import Hall, variant
from tests.unit.processing.sagemaker.support import curated, event, write_curated


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What train.py saves, of one day."""
    target = tmp_path_factory.mktemp("model")
    frame = curated("2013-01-10", "2013-01-10").dropna(subset=["arrived_late"])
    curated_folder = write_curated(frame, tmp_path_factory.mktemp("curated"))
    table = read_table(curated_folder, [*DATASET.inputs, DATASET.label])
    columns = arrow_columns(table, DATASET.inputs)
    fitted = encoder.fit(DATASET, columns)
    label = arrow_columns(table, [DATASET.label])[DATASET.label]
    matrix = xgb.DMatrix(fitted.transform(columns), label=label)
    booster = xgb.train({"objective": "binary:logistic", "max_depth": 4, "nthread": 1}, matrix, 20)
    features = {
        "module": "datasets.flights.features",
        "encoder": fitted.document(),
        "known": {"dest": sorted(set(columns["dest"]))},
        "task": "classification",
        "decision": "late",
    }
    save(target, booster, features)
    return target


@pytest.fixture
def served(hall: Hall, folder: Path) -> Hall:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        archive.add(folder, ".")
    hall.endpoint(hall.config("first", variant(hall.model_of("flights", buffer.getvalue()))))
    return hall


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return [event(row) for _, row in curated("2013-01-11", "2013-01-11").head(100).iterrows()]


def test_the_endpoint_predicts_what_the_model_predicts_offline(
    served: Hall, folder: Path, events: list[dict[str, Any]]
) -> None:
    model = inference.model_fn(str(folder))
    table = read_table(
        write_curated(curated("2013-01-11", "2013-01-11").head(100), folder.parent / "offline"), [*DATASET.inputs]
    )
    offline = inference.score_columns(model, arrow_columns(table, DATASET.inputs))
    together = served.predict({"instances": events}, InferenceId="2013-01-11/UA/1545/EWR")["predictions"]
    assert np.ptp(offline) > 0.1, "a constant proves nothing"
    assert [row["probability"] for row in together] == pytest.approx(offline.tolist(), abs=1e-6)
    alone = [served.predict(flight)["predictions"][0] for flight in events[:20]]
    assert alone == together[:20]
    fields = [["" if flight[name] is None else str(flight[name]) for name in DATASET.inputs] for flight in events]
    body = "\n".join(",".join(row) for row in fields)
    answer = served.invoke(body, ContentType="text/csv", Accept="text/csv")["Body"].decode()
    assert [float(line) for line in answer.split()] == pytest.approx(offline.tolist(), abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "kind", "refusal"),
    [
        ({"temp": "warm"}, "application/json", (400, "temp: expected double, got string 'warm'")),
        ({"dest": None}, "application/json", (400, "dest: required, missing")),
        ({"dest": "XXX", "dest_lat": None}, "application/json", (400, "dest: 'XXX' is unknown to training")),
        ({"dep_delay": 12}, "application/json", (400, "known only after the prediction is made")),
        (b"", "application/json", (400, "the request is empty")),
        (b"{", "application/json", (400, "not JSON")),
        (b"1,2,3", "text/csv", (400, "expected 23 fields")),
        ({}, "application/xml", (415, "content type 'application/xml'")),
    ],
    ids=["type", "missing", "airport", "leak", "empty", "broken", "fields", "content type"],
)
def test_a_bad_request_is_refused_with_the_reason(
    served: Hall, events: list[dict[str, Any]], changes: Any, kind: str, refusal: tuple[int, str]
) -> None:
    body = changes if isinstance(changes, bytes) else json.dumps({**events[0], **changes})
    with pytest.raises(ClientError) as caught:
        served.invoke(body, ContentType=kind)
    told = caught.value.response
    assert told["Error"]["Code"] == "ModelError"
    assert told["OriginalStatusCode"] == refusal[0]
    assert refusal[1] in told["OriginalMessage"]
    assert not any(trace in told["OriginalMessage"] for trace in ("Traceback", "File ", ".py"))
    assert 0 < served.predict(events[0])["predictions"][0]["probability"] < 1
