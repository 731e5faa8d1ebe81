"""Processing job: how good a model is, on rows and on days it has not seen, and whether it is worth having.

Input: ``model`` (model.tar.gz), ``test``, ``temporal_test``.
Output ``evaluation``:
    evaluation.json    the registry's metrics (of the latest days) and, at the top, what a condition step looks at:
                       auc_temporal, auc_random, baseline_auc (of the no-ML prediction), baseline_gain;
                       of a regression rmse_temporal, rmse_random, baseline_rmse, baseline_gain;
                       and importance, the share of each feature in what all splits of the trees gained
    predictions.csv    probability (value, of a regression) and label of every test row, in the order of time
    roc.png calibration.png    where the image has matplotlib

Fails when an AUC is too good to be true: then a feature knows the future.
"""

import argparse
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from processing.sagemaker import metrics, tables, workspace
from processing.sagemaker.plots import write_plots
from processing.sagemaker.tables import FEATURES_FILE, MODEL_FILE, Rows

THRESHOLD = 0.5


def main() -> None:
    args = arguments()
    booster, features = load_model(workspace.input_folder("model"))
    parts = {
        name: tables.read_rows(workspace.input_folder(name), features["features"])
        for name in ("test", "temporal_test")
    }
    scores = {name: _predict(booster, rows) for name, rows in parts.items()}
    if features["task"] == "classification":
        limit = features["suspicious_auc"] if args.suspicious_auc is None else args.suspicious_auc
        evaluation = evaluate_classification(parts, scores, features, limit, args.min_group_rows)
    else:
        evaluation = evaluate_regression(parts, scores)
    evaluation["importance"] = importance(booster)
    evaluation["rows"] = {name: len(rows.label) for name, rows in parts.items()}
    folder = workspace.output_folder("evaluation")
    if features["task"] == "classification":
        evaluation["plots"] = write_plots(folder, evaluation)
    workspace.write_json(folder / "evaluation.json", evaluation)
    write_predictions(folder / "predictions.csv", features["task"], parts, scores)
    print("evaluate:", {name: value for name, value in evaluation.items() if isinstance(value, float)})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suspicious-auc", type=float, help="fail above it; by default what the dataset says")
    parser.add_argument("--min-group-rows", type=int, default=200, help="rows for a group to be compared")
    return parser.parse_args()


def load_model(folder: Path) -> tuple[Any, dict[str, Any]]:
    """Booster and features.json of ``<folder>/model.tar.gz``."""
    archive = folder / "model.tar.gz"
    if not archive.is_file():
        raise workspace.JobError(f"{archive} is missing")
    with tempfile.TemporaryDirectory() as place:
        try:
            with tarfile.open(archive) as files:
                files.extractall(place, filter="data")
        except tarfile.TarError as error:
            raise workspace.JobError(f"{archive} cannot be unpacked: {error}") from None
        features = workspace.read_json(Path(place) / FEATURES_FILE)
        return xgb.Booster(model_file=Path(place) / MODEL_FILE), features


def evaluate_classification(
    parts: dict[str, Rows],
    scores: dict[str, metrics.Floats],
    features: dict[str, Any],
    suspicious_auc: float,
    min_group_rows: int,
) -> dict[str, Any]:
    """The evaluation of a classifier; JobError when it is too good to be true."""
    auc = {name: _auc(rows.label, scores[name], name) for name, rows in parts.items()}
    for name, value in auc.items():
        if value > suspicious_auc:
            raise workspace.JobError(
                f"AUC of {value:.3f} on {name} is above {suspicious_auc}, which no honest feature reaches here: "
                "some feature knows what happened after the prediction"
            )
    latest, score = parts["temporal_test"], scores["temporal_test"]
    guess = latest.meta[tables.BASELINE]
    baseline = _auc(latest.label, guess, "temporal_test")
    return {
        "auc_temporal": auc["temporal_test"],
        "auc_random": auc["test"],
        "baseline_auc": baseline,
        "baseline_gain": auc["temporal_test"] - baseline,
        "binary_classification_metrics": metrics.classification(latest.label, score, THRESHOLD),
        "baseline_receiver_operating_characteristic_curve": metrics.roc(latest.label, guess),
        "calibration": metrics.calibration(latest.label, score),
        "group_gaps": {
            name: metrics.group_gaps(latest.meta[name], latest.label, score, THRESHOLD, min_group_rows)
            for name in features["groups"]
        },
    }


def evaluate_regression(parts: dict[str, Rows], scores: dict[str, metrics.Floats]) -> dict[str, Any]:
    """The evaluation of a regression."""
    latest = parts["temporal_test"]
    found = {name: metrics.regression(rows.label, scores[name]) for name, rows in parts.items()}
    baseline = metrics.regression(latest.label, latest.meta[tables.BASELINE])["rmse"]["value"]
    return {
        "rmse_temporal": found["temporal_test"]["rmse"]["value"],
        "rmse_random": found["test"]["rmse"]["value"],
        "baseline_rmse": baseline,
        "baseline_gain": baseline - found["temporal_test"]["rmse"]["value"],
        "regression_metrics": found["temporal_test"],
    }


def importance(booster: Any) -> list[dict[str, Any]]:
    """``[{"feature", "share"}]``, the largest first; a feature that no split uses is not there."""
    gains = booster.get_score(importance_type="total_gain")
    total = sum(gains.values())
    ranked = sorted(gains.items(), key=lambda item: -item[1])
    return [{"feature": name, "share": gain / total} for name, gain in ranked]


def write_predictions(path: Path, task: str, parts: dict[str, Rows], scores: dict[str, metrics.Floats]) -> None:
    """Test rows lie before the latest days, and both are in the order of time."""
    name = "probability" if task == "classification" else "value"
    table = np.concatenate([np.column_stack([scores[part], parts[part].label]) for part in ("test", "temporal_test")])
    np.savetxt(path, table, fmt="%.9g", delimiter=",", header=f"{name},label", comments="")


def _auc(label: metrics.Floats, score: metrics.Floats, part: str) -> float:
    value = metrics.auc(label, score)
    if value is None:
        raise workspace.JobError(f"{part} has one class only, and so no AUC")
    return value


def _predict(booster: Any, rows: Rows) -> metrics.Floats:
    return np.asarray(booster.inplace_predict(rows.matrix, validate_features=False), np.float64)


if __name__ == "__main__":
    workspace.run(main)
