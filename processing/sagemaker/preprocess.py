"""Processing job: the curated table to encoded train, validation and test rows.

Input (below ``/opt/ml/processing/input``): ``curated``, Parquet of the curated table.
Output (below ``/opt/ml/processing/output``):
    train validation test   70/15/15 of the earlier days, stratified by label
    temporal_test           the latest days: how the model does on days it could not know
    baseline                baseline.csv, raw inputs of the training rows in the order of time, for the monitor
    artifacts               features.json: everything fitted, which evaluation and the endpoint need
    report                  report.json: balance, missing values, outliers, feature scores, rows left out

Everything that is fitted is fitted on the training rows only.
"""

import argparse
from typing import Any

import numpy as np
import pyarrow.csv
from numpy.typing import NDArray

from processing import encoder
from processing.dataset import Columns, Dataset, load_dataset
from processing.sagemaker import balance, report, splits, tables, workspace
from processing.sagemaker.curated import Curated, read_curated

SCHEMA = 1  # of features.json


def main() -> None:
    args = arguments()
    dataset = load_dataset(args.features)
    target = args.target or dataset.label
    if target not in (dataset.label, dataset.regression_target):
        raise workspace.JobError(f"{target} is no target: {dataset.label} or {dataset.regression_target}")
    data = read_curated(workspace.input_folder("curated"), dataset, target, args.start, args.end)
    parts = split(data, dataset, args)

    train = parts["train"]
    fitted = encoder.fit(
        dataset, _take(data.columns, train), args.outliers if args.outliers != "isolation_forest" else "none"
    )
    splits.require_enough(len(train), len(fitted.names))
    encoded = {name: fitted.transform(_take(data.columns, rows)) for name, rows in parts.items()}
    rates = baseline_of(dataset, fitted, data, train)
    summary = report.describe(dataset, _take(data.columns, train), fitted.names, encoded["train"], data.target[train])

    rows = {
        "train": for_training(encoded["train"], data.target[train], args),
        "validation": tables.Rows(encoded["validation"], data.target[parts["validation"]], {}),
    }
    for name in ("test", "temporal_test"):
        part = parts[name]
        described = {column: data.columns[column][part] for column in dataset.groups}
        described[tables.BASELINE] = rates[part]
        rows[name] = tables.Rows(encoded[name], data.target[part], described)
    for name, written in rows.items():
        tables.write_rows(workspace.output_folder(name), fitted.names, written)
        print(f"preprocess: {name} {len(written.label)} rows, mean label {written.label.mean():.4f}")

    baseline = data.table.select(list(dataset.inputs)).take(train)
    pyarrow.csv.write_csv(baseline, workspace.output_folder("baseline") / "baseline.csv")
    counts = {name: len(written.label) for name, written in rows.items()}
    document = artifacts(args, dataset, fitted, float(data.target[train].mean()), counts)
    workspace.write_json(workspace.output_folder("artifacts") / tables.FEATURES_FILE, document)
    workspace.write_json(
        workspace.output_folder("report") / "report.json", {"rows": counts, "dropped": data.dropped, **summary}
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", default="datasets.flights.features", help="module with the DATASET")
    parser.add_argument("--target", help="column to predict; by default the contract's label")
    parser.add_argument("--start", help="first day, yyyy-MM-dd")
    parser.add_argument("--end", help="last day, yyyy-MM-dd")
    parser.add_argument("--temporal-days", type=int, default=14, help="latest days to hold back")
    parser.add_argument("--outliers", choices=("none", "zscore", "iqr", "isolation_forest"), default="none")
    parser.add_argument("--balance", choices=("class_weight", "smote", "none"), default="class_weight")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def split(data: Curated, dataset: Dataset, args: argparse.Namespace) -> dict[str, splits.Indices]:
    """Row numbers of each part. Data without time has no latest days: a random part is held back instead."""
    strata = splits.strata_of(data.target)
    if dataset.order_by is None:
        earlier, *_, held_back = splits.stratified(strata, args.seed + 1)
        earlier = np.setdiff1d(np.arange(len(strata)), held_back)
    else:
        earlier, held_back = splits.latest(data.columns[dataset.order_by].astype(np.float64), args.temporal_days)
    train, validation, test = (earlier[part] for part in splits.stratified(strata[earlier], args.seed))
    return {"train": train, "validation": validation, "test": test, "temporal_test": held_back}


def for_training(matrix: NDArray[np.float32], label: NDArray[np.float64], args: argparse.Namespace) -> tables.Rows:
    """Training rows, outliers dropped and the rare class oversampled where that was asked for."""
    if args.outliers == "isolation_forest":
        from sklearn.ensemble import IsolationForest  # noqa: PLC0415 - only this option needs it

        inlying = IsolationForest(random_state=args.seed, n_jobs=1).fit_predict(matrix) == 1
        matrix, label = matrix[inlying], label[inlying]
    if args.balance == "smote":
        if len(np.unique(label)) > 2:
            raise workspace.JobError("--balance smote is for two classes, and the target is a number")
        matrix, label = balance.smote(matrix, label, args.seed)
    return tables.Rows(matrix, label, {})


def baseline_of(
    dataset: Dataset, fitted: encoder.Encoder, data: Curated, train: splits.Indices
) -> NDArray[np.float64]:
    """The no-ML prediction for every row: the mean label of training rows like it."""
    values = fitted.values(data.columns)
    keys = list(zip(*(values[name] for name in dataset.baseline), strict=True)) or [()] * len(data.target)
    sums: dict[tuple[Any, ...], tuple[float, int]] = {}
    for index in train:
        total, count = sums.get(keys[index], (0.0, 0))
        sums[keys[index]] = (total + data.target[index], count + 1)
    mean = float(data.target[train].mean())
    return np.array([sums[key][0] / sums[key][1] if key in sums else mean for key in keys], np.float64)


def artifacts(
    args: argparse.Namespace,
    dataset: Dataset,
    fitted: encoder.Encoder,
    mean: float,
    counts: dict[str, int],
) -> dict[str, Any]:
    """What features.json holds; ``mean`` is the label's over the training rows."""
    target = args.target or dataset.label
    classes = target == dataset.label
    weight = (1 - mean) / mean if classes and args.balance == "class_weight" else 1.0
    return {
        "schema": SCHEMA,
        "module": args.features,
        "table": dataset.table.name,
        "target": target,
        "task": "classification" if classes else "regression",
        "inputs": [{"name": column.name, "type": column.type} for column in dataset.columns],
        "features": fitted.names,
        "encoder": fitted.document(),
        "known": {name: _known(fitted, name) for name in dataset.known_by},
        "groups": list(dataset.groups),
        "balance": args.balance,
        "outliers": args.outliers,
        "scale_pos_weight": weight,
        "label_mean": mean,
        "suspicious_auc": dataset.suspicious_auc,
        "decision": dataset.decision,
        "rows": counts,
    }


def _known(fitted: encoder.Encoder, name: str) -> list[str]:
    for feature, state in zip(fitted.dataset.features, fitted.states, strict=True):
        if getattr(feature, "name", None) == name and "categories" in state:
            return list(state["categories"])
    raise workspace.JobError(f"{name} is in known_by, but no feature lists its categories")


def _take(columns: Columns, rows: splits.Indices) -> Columns:
    return {name: values[rows] for name, values in columns.items()}


if __name__ == "__main__":
    workspace.run(main)
