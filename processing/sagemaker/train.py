"""Training job in script mode: encoded rows to an xgboost model, with everything an endpoint needs beside it.

Channels: ``train``, ``validation`` and ``artifacts`` (features.json), at SM_CHANNEL_<NAME>.
Hyperparameters are xgboost's own, as ``--name value`` (https://xgboost.readthedocs.io/en/stable/parameter.html).
Model folder (SM_MODEL_DIR): xgboost-model.json, features.json, and code/ with inference.py and its packages.
"""

import argparse
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from sklearn.model_selection import KFold, StratifiedKFold

import contracts
import datasets
import processing
from processing.dataset import load_dataset
from processing.sagemaker import tables, workspace
from processing.sagemaker.tables import FEATURES_FILE, MODEL_FILE

UNUSED = ("glue", "queries", "generator", "reference")  # folders that an endpoint has no use for

METRICS = {"binary:logistic": "auc", "reg:squarederror": "rmse"}


def main() -> None:
    args = arguments()
    features = workspace.read_json(Path(args.artifacts) / FEATURES_FILE)
    expected = "classification" if args.objective == "binary:logistic" else "regression"
    if features["task"] != expected:
        raise workspace.JobError(f"objective {args.objective} does not fit the target {features['target']}")
    metric = METRICS[args.objective]
    parameters = booster_parameters(args, features, metric)
    train = _matrix(args.train, features["features"])
    validation = _matrix(args.validation, features["features"])

    history: dict[str, Any] = {}
    if args.cv > 1:
        history["cv"] = cross_validate(args, parameters, train, metric)
    booster = xgb.train(
        parameters,
        train,
        args.num_round,
        evals=[(train, "train"), (validation, "validation")],  # early stopping watches the last
        early_stopping_rounds=args.early_stopping_rounds or None,
        evals_result=history,
        verbose_eval=25,
    )
    best = booster.best_iteration if args.early_stopping_rounds else args.num_round - 1
    booster = booster[: best + 1]  # the saved model is the best one, whoever loads it
    for name in ("train", "validation"):
        # The line that MetricDefinitions of the job look for
        print(f"{name}-{metric}:{history[name][metric][best]:.6f}", flush=True)
    print(f"train: {best + 1} of at most {args.num_round} rounds, {train.num_row()} rows, {train.num_col()} features")
    save(Path(args.model_dir), booster, features)
    if args.output_data_dir:
        folder = Path(args.output_data_dir)
        folder.mkdir(parents=True, exist_ok=True)
        gains = booster.get_score(importance_type="gain")
        workspace.write_json(
            folder / "history.json", {"rounds": best + 1, "parameters": parameters, "gain": gains, **history}
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--objective", choices=tuple(METRICS), default="binary:logistic")
    add("--num_round", type=int, default=200)
    add("--early_stopping_rounds", type=int, default=20, help="0: never stop early")
    add("--max_depth", type=int, default=5)
    add("--eta", type=float, default=0.1)
    add("--min_child_weight", type=float, default=5)
    add("--subsample", type=float, default=0.8)
    add("--gamma", type=float, default=0)
    add("--alpha", type=float, default=0, help="L1 regularisation")
    add("--lambda", type=float, default=1, dest="lambda_", help="L2 regularisation")
    add("--scale_pos_weight", default="auto", help="auto: what preprocessing found, which is the class weight")
    add("--cv", type=int, default=0, help="folds of a stratified cross-validation before the training")
    add("--seed", type=int, default=0)
    add("--nthread", type=int, default=int(os.environ.get("SM_NUM_CPUS", "0")), help="0: all")
    for name in ("train", "validation", "artifacts"):
        add(f"--{name}", default=os.environ.get(f"SM_CHANNEL_{name.upper()}"))
    add("--model_dir", default=os.environ.get("SM_MODEL_DIR"))
    add("--output_data_dir", default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    args = parser.parse_args()  # not parse_known_args: a misspelt hyperparameter must not be ignored
    for name in ("train", "validation", "artifacts", "model_dir"):
        if not getattr(args, name):
            parser.error(f"--{name} is missing, and SageMaker did not set its environment variable")
    return args


def booster_parameters(args: argparse.Namespace, features: dict[str, Any], metric: str) -> dict[str, Any]:
    """Parameters of xgboost."""
    auto = features["scale_pos_weight"]
    weight = auto if args.scale_pos_weight == "auto" else float(args.scale_pos_weight)
    names = ("objective", "max_depth", "eta", "min_child_weight", "subsample", "gamma", "alpha", "nthread", "seed")
    parameters = {**{name: getattr(args, name) for name in names}, "lambda": args.lambda_, "eval_metric": metric}
    return parameters if features["task"] == "regression" else {**parameters, "scale_pos_weight": weight}


def cross_validate(args: argparse.Namespace, parameters: dict[str, Any], train: Any, metric: str) -> dict[str, Any]:
    """Mean and deviation of the metric over ``args.cv`` folds, each with the same share of every class."""
    label = train.get_label()
    kind = StratifiedKFold if args.objective == "binary:logistic" else KFold
    folds = list(kind(args.cv, shuffle=True, random_state=args.seed).split(np.zeros(len(label)), label))
    result = xgb.cv(
        parameters,
        train,
        args.num_round,
        folds=folds,
        early_stopping_rounds=args.early_stopping_rounds or None,
        as_pandas=False,
    )
    scores = {name: float(values[-1]) for name, values in result.items()}
    mean, deviation = scores[f"test-{metric}-mean"], scores[f"test-{metric}-std"]
    print(f"cv-{metric}:{mean:.6f} ± {deviation:.6f} over {args.cv} folds")
    return {"folds": args.cv, **scores}


def save(folder: Path, booster: Any, features: dict[str, Any]) -> None:
    """The model, as JSON all of it, and the code that serves it.

    SageMaker's containers take an endpoint's script from ``code/`` in model.tar.gz.
    """
    folder.mkdir(parents=True, exist_ok=True)
    booster.save_model(folder / MODEL_FILE)
    workspace.write_json(folder / FEATURES_FILE, features)
    code = folder / "code"
    leave_out = shutil.ignore_patterns(
        "__pycache__", "*.pyc", "*.yaml", "*.json", "*.csv", "glue", "queries", "generator"
    )
    for package in (processing, contracts):
        source = Path(package.__path__[0])
        shutil.copytree(source, code / source.name, ignore=leave_out, dirs_exist_ok=True)
    contract = load_dataset(features["module"]).contract
    dataset = Path(datasets.__path__[0])
    shutil.copytree(dataset / contract, code / "datasets" / contract, ignore=leave_out, dirs_exist_ok=True)
    shutil.copy(dataset / "__init__.py", code / "datasets" / "__init__.py")
    shutil.copy(code / "processing" / "sagemaker" / "inference.py", code / "inference.py")
    (code / "contracts" / f"{contract}.json").write_text(contracts.compiled(contract), "utf-8")


def _matrix(channel: str, names: list[str]) -> Any:
    rows = tables.read_rows(Path(channel), names)
    return xgb.DMatrix(rows.matrix, label=rows.label, feature_names=names)


def run() -> None:
    failure = Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output")) / "failure"
    workspace.run(main, failure)


if __name__ == "__main__":
    run()
