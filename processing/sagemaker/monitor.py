"""Processing job: does what the endpoint sees, and says, still look like what the model was trained on?

``suggest``: a baseline to what is normal.
    Input ``baseline`` (baseline.csv, rows in the order of time); optional ``evaluation`` (predictions.csv).
    Output ``constraints``: statistics.json and constraints.json; with an evaluation, also of the prediction, and
    model_quality_statistics.json and model_quality_constraints.json.
``check``: data capture against the baseline: types, missing and extra columns, completeness, categories, drift of
    inputs and of the prediction.
    Input ``capture`` (any folders of .jsonl), ``constraints``.
    Output ``monitoring``: statistics.json, constraints.json, constraint_violations.json, and report.json.
``quality``: predictions against what came true.
    Input ``capture``, ``truth`` (Parquet of the curated table, or Model Monitor's ground truth), ``constraints``.
    Output ``monitoring``: the same four files.

As a container of a Model Monitor schedule, ``check`` takes its places from the environment: dataset_source,
baseline_statistics, baseline_constraints, output_path; and the period it judges: start_time, end_time
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html). It leaves metrics too
(`processing.sagemaker.monitor_metrics`).
"""

import argparse
import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from processing.dataset import load_dataset
from processing.records import arrow_columns
from processing.sagemaker import monitor_metrics, profiles, quality, workspace
from processing.sagemaker.captures import Captured, read_captures, read_truth
from processing.sagemaker.profiles import Column, Table
from processing.sagemaker.violations import (
    METHODS,
    check_columns,
    check_types,
    check_values,
    drift_violations,
    measure_drift,
)

# Names of variables in Model Monitor's container contract
CAPTURE, STATISTICS, CONSTRAINTS = "dataset_source", "baseline_statistics", "baseline_constraints"
OUTPUT, START, END = "output_path", "start_time", "end_time"
PREDICTION = "probability"
DECISION = 0.5


def main() -> None:
    args = arguments()
    {"suggest": suggest, "check": check, "quality": check_quality}[args.mode](args)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=("suggest", "check", "quality"))
    parser.add_argument("--features", default="datasets.flights.features", help="module with the DATASET")
    parser.add_argument("--min-rows", type=int, default=200, help="suggest: rows that a judgement needs")
    parser.add_argument("--drift-share", type=float, default=0.05, help="suggest: share of columns that may drift")
    parser.add_argument("--method", choices=METHODS, default="psi", help="check: the distance that decides")
    return parser.parse_args()


def suggest(args: argparse.Namespace) -> None:
    """Write statistics and constraints of a baseline."""
    texts = [column.name for column in load_dataset(args.features).columns if column.type == "string"]
    table = read_baseline(workspace.input_folder("baseline"), texts)
    folder = workspace.output_folder("constraints")
    if workspace.has_input("evaluation"):
        predictions = pyarrow.csv.read_csv(workspace.input_folder("evaluation") / "predictions.csv")
        if PREDICTION in predictions.column_names:
            columns = arrow_columns(predictions, [PREDICTION, "label"])
            probability, label = columns[PREDICTION], columns["label"]
            table[PREDICTION] = Column("Fractional", probability)
            described = quality.statistics(label, probability, DECISION)
            workspace.write_json(folder / "model_quality_statistics.json", described)
            workspace.write_json(folder / "model_quality_constraints.json", quality.constraints(label, probability))
    statistics = profiles.statistics(table)
    constraints = profiles.constraints(table, statistics, args.drift_share, args.min_rows)
    workspace.write_json(folder / "statistics.json", statistics)
    workspace.write_json(folder / "constraints.json", constraints)
    print(f"monitor: constraints of {len(table)} columns from {statistics['dataset']['item_count']} rows")


def check(args: argparse.Namespace) -> None:
    """Compare captured data with its baseline."""
    dataset = load_dataset(args.features)
    statistics = workspace.read_json(_file(STATISTICS, "statistics.json"))
    constraints = workspace.read_json(_file(CONSTRAINTS, "constraints.json"))
    rows = read_captures(_capture_folder(), dataset, _period())
    config = constraints["monitoring_config"]
    predicted = any(feature["name"] == PREDICTION for feature in constraints["features"])
    table, kinds, names = tabulate(rows, constraints)
    violations: list[dict[str, str]] = []
    measured: dict[str, dict[str, Any]] = {}
    share = 0.0
    if rows:
        seen = names | ({PREDICTION} if predicted else set())
        violations = check_columns(seen, set(dataset.table.primary_key), constraints) + check_types(
            kinds, constraints
        )
    enough = len(rows) >= config["minimum_rows"]
    if enough:
        measured = measure_drift(table, statistics, constraints, args.method)
        share, drifted = drift_violations(measured, config["drifted_share_threshold"])
        violations += check_values(table, constraints) + drifted
    current = profiles.statistics(table)
    report = {
        "rows": len(rows),
        "minimum_rows": config["minimum_rows"],
        "judged": enough,
        "drifted_share": round(share, 4),
        "drifted_share_threshold": config["drifted_share_threshold"],
        "drifted": sorted(name for name, entry in measured.items() if entry["drifted"]),
        "drift": measured,
        "prediction_rate": _rate(table.get(PREDICTION)),
    }
    suggested = profiles.constraints(table, current, config["drifted_share_threshold"], config["minimum_rows"])
    _finish(current, suggested, violations, report)
    if config["emit_metrics"] == "Enabled":
        monitor_metrics.leave(current, measured)


def check_quality(args: argparse.Namespace) -> None:
    """Compare predictions with what came true."""
    dataset = load_dataset(args.features)
    folder = workspace.input_folder("constraints")
    constraints = workspace.read_json(folder / "model_quality_constraints.json")
    baseline = workspace.read_json(folder / "model_quality_statistics.json")
    minimum = workspace.read_json(folder / "constraints.json")["monitoring_config"]["minimum_rows"]
    rows = read_captures(_capture_folder(), dataset)
    truth = read_truth(workspace.input_folder("truth"), dataset)
    known = {row.key: row.prediction for row in rows if row.key in truth and row.prediction is not None}
    label = np.array([truth[key] for key in known if key is not None], np.float64)
    probability = np.array(list(known.values()), np.float64)
    report: dict[str, Any] = {
        "rows": len(rows),
        "without_key": sum(row.key is None for row in rows),
        "merged": len(known),
        "minimum_rows": minimum,
        "judged": len(known) >= minimum and len(np.unique(label)) == 2,
    }
    statistics: dict[str, Any] = {"version": 0.0, "dataset": {"item_count": len(known)}}
    violations: list[dict[str, str]] = []
    if report["judged"]:
        statistics = quality.statistics(label, probability, DECISION)
        violations = quality.violations(statistics, constraints)
        rate = baseline["binary_classification_metrics"]["label_rate"]["value"]
        report["label_rate"] = {"baseline": rate, "now": float(label.mean()), "psi": quality.label_drift(label, rate)}
        report["auc"] = statistics["binary_classification_metrics"]["auc"]["value"]
    _finish(statistics, constraints, violations, report)


def read_baseline(folder: Path, texts: Collection[str]) -> Table:
    """Columns of every CSV file in ``folder``, which has a header; ``texts`` are text whatever they look like."""
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise workspace.JobError(f"no CSV file in {folder}")
    types = dict.fromkeys(texts, pa.string())
    options = pyarrow.csv.ConvertOptions(strings_can_be_null=True, column_types=types)
    read = pa.concat_tables([pyarrow.csv.read_csv(file, convert_options=options) for file in files])
    table: Table = {}
    for name in read.column_names:
        kind = read.schema.field(name).type
        values = arrow_columns(read, [name])[name]
        if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
            table[name] = Column("Integral", values)
        elif pa.types.is_floating(kind):
            table[name] = Column("Fractional", values)
        elif pa.types.is_temporal(kind):
            text = np.array(
                [None if value is None else str(value) for value in read.column(name).to_pylist()], object
            )
            table[name] = Column("String", text, compared=False)
        elif pa.types.is_null(kind):
            table[name] = Column("Unknown", values, compared=False)
        else:
            table[name] = Column("String", values)
    return table


def tabulate(rows: list[Captured], constraints: dict[str, Any]) -> tuple[Table, dict[str, dict[str, int]], set[str]]:
    """Captured rows as the baseline's columns, the types of their values by column, and all the names there are."""
    names = {name for row in rows for name in row.values}
    table: Table = {}
    kinds: dict[str, dict[str, int]] = {}
    for feature in constraints["features"]:
        name, expected = feature["name"], feature["inferred_type"]
        if name == PREDICTION:
            found: list[Any] = [row.prediction for row in rows]
        elif name in names:
            found = [row.values.get(name) for row in rows]
        else:
            continue
        kinds[name] = dict(Counter(_kind(value) for value in found if value is not None))
        compared = feature["monitoringConfigOverrides"]["distribution_constraints"]["perform_comparison"] == "Enabled"
        if expected in ("Integral", "Fractional"):
            numbers = [float(value) if _kind(value) in ("Integral", "Fractional") else np.nan for value in found]
            table[name] = Column(expected, np.array(numbers, np.float64), compared)
        else:
            texts = [None if value is None else str(value) for value in found]
            table[name] = Column(expected, np.array(texts, object), compared)
    return table, kinds, names


def _kind(value: Any) -> str:
    if isinstance(value, bool | int):
        return "Integral"
    if isinstance(value, float):
        return "Integral" if value.is_integer() else "Fractional"
    return "String" if isinstance(value, str) else "Unknown"


def _rate(predictions: Column | None) -> float | None:
    if predictions is None or not predictions.present.any():
        return None
    return float((predictions.values[predictions.present] >= DECISION).mean())


def _capture_folder() -> Path:
    return Path(os.environ[CAPTURE]) if CAPTURE in os.environ else workspace.input_folder("capture")


def _period() -> tuple[str, str] | None:
    """Folders are whole hours: "we sometimes download more than what is specified by the start and end times"."""
    return (os.environ[START], os.environ[END]) if START in os.environ and END in os.environ else None


def _file(variable: str, name: str) -> Path:
    return Path(os.environ[variable]) if variable in os.environ else workspace.input_folder("constraints") / name


def _finish(
    statistics: dict[str, Any], constraints: dict[str, Any], violations: list[dict[str, str]], report: dict[str, Any]
) -> None:
    """Write the three files of a monitoring execution, and the report. Violations are a result, not a failure."""
    output = os.environ.get(OUTPUT)
    folder = Path(output) if output else workspace.output_folder("monitoring")
    folder.mkdir(parents=True, exist_ok=True)
    workspace.write_json(folder / "statistics.json", statistics)
    workspace.write_json(folder / "constraints.json", constraints)
    workspace.write_json(folder / "constraint_violations.json", {"violations": violations})
    workspace.write_json(folder / "report.json", {"violations": len(violations), **report})
    if violations:
        workspace.exit_message(
            f"CompletedWithViolations: Job completed successfully with {len(violations)} violations."
        )
    for violation in violations:
        print("monitor:", *violation.values())
    print(f"monitor: {report['rows']} rows, {len(violations)} violations")


if __name__ == "__main__":
    workspace.run(main)
