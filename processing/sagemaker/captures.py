"""What an endpoint was asked and what it answered, from its data capture; and what came true, from the curated table.

Capture files: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
Ground truth files: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

import base64
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.texts import parsed
from processing.dataset import Dataset
from processing.sagemaker.curated import read_table
from processing.sagemaker.workspace import JobError

JSON, CSV, BASE64 = "JSON", "CSV", "BASE64"


@dataclass(frozen=True)
class Captured:
    """One row of a request, with its prediction.

    Attributes:
        values: the inputs as they came.
        prediction: what was answered for it: probability or value; None where the answer cannot be read.
        key: the row's key (see `key_of`), or the request's inference id; None when there is neither.
    """

    values: dict[str, Any]
    prediction: float | None
    key: str | None


def key_of(dataset: Dataset, values: dict[str, Any]) -> str | None:
    """Primary key of a row as text, ``2013-04-01/UA/1545/EWR``; None unless the row has all of it.

    The form of the InferenceId that callers give, by which later arrivals find their prediction.
    """
    return _joined([values.get(name) for name in dataset.table.primary_key])


def read_captures(folder: Path, dataset: Dataset, period: tuple[str, str] | None = None) -> list[Captured]:
    """Every row of every capture file (``*.jsonl``) under ``folder``, in the order of file names.

    Args:
        period: start and end (``2013-04-01T00:00:00Z``); requests before the one and from the other on are left out.
    """
    return [row for file in sorted(folder.rglob("*.jsonl")) for row in _rows_of(file, dataset, period)]


def read_truth(folder: Path, dataset: Dataset) -> dict[str, float]:
    """Labels by key: from Parquet of the curated table, or from Model Monitor's ground truth files (``*.jsonl``)."""
    truth: dict[str, float] = {}
    for file in sorted(folder.rglob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            try:
                entry = json.loads(line)
                truth[entry["eventMetadata"]["eventId"]] = float(entry["groundTruthData"]["data"])
            except (KeyError, TypeError, ValueError) as error:
                raise JobError(f"{file.name}: not a ground truth record: {error!r}") from None
    if next(folder.rglob("*.parquet"), None) is not None:
        *keys, labels = read_table(folder, [*dataset.table.primary_key, dataset.label]).columns
        for label, *parts in zip(labels.to_pylist(), *(column.to_pylist() for column in keys), strict=True):
            key = _joined(parts)
            if key is not None and label is not None:
                truth[key] = float(label)
    return truth


def _joined(parts: list[Any]) -> str | None:
    return None if None in parts else "/".join(map(str, parts))


def _rows_of(file: Path, dataset: Dataset, period: tuple[str, str] | None) -> Iterator[Captured]:
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            data, metadata = record["captureData"], record["eventMetadata"]
            if period is not None and not period[0] <= metadata["inferenceTime"] < period[1]:
                continue
            inputs = _inputs(data["endpointInput"], dataset)
        except (KeyError, TypeError, ValueError) as error:
            raise JobError(f"{file.name} line {number}: not a capture record: {error!r}") from None
        predictions = _predictions(data.get("endpointOutput"), len(inputs))
        only = metadata.get("inferenceId") or metadata.get("eventId") if len(inputs) == 1 else None
        for values, prediction in zip(inputs, predictions, strict=True):
            yield Captured(values, prediction, key_of(dataset, values) or only)


def _inputs(part: dict[str, Any], dataset: Dataset) -> list[dict[str, Any]]:
    text, kind = _content(part)
    if kind == CSV:
        types = {column.name: column.type for column in dataset.columns}
        return [
            {name: parsed(field.strip(), types[name]) for name, field in zip(dataset.inputs, row, strict=False)}
            for row in csv.reader(text.splitlines())
            if row
        ]
    value = json.loads(text)
    if isinstance(value, dict) and "instances" in value:
        value = value["instances"]
    rows = value if isinstance(value, list) else [value]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("its input is not a list of objects")
    return rows


def _predictions(part: dict[str, Any] | None, count: int) -> list[float | None]:
    try:
        text, kind = _content(part or {})
        if kind == CSV:
            found: list[float | None] = [float(line) for line in text.splitlines() if line]
        else:
            found = [float(next(iter(entry.values()))) for entry in json.loads(text)["predictions"]]
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
        found = []
    return found if len(found) == count else [None] * count


def _content(part: dict[str, Any]) -> tuple[str, str]:
    """Text, and JSON or CSV. Without content types in the capture configuration everything is in BASE64."""
    text, encoding = part["data"], part.get("encoding", JSON)
    observed = str(part.get("observedContentType", ""))
    if encoding == BASE64:
        text = base64.b64decode(text).decode("utf-8")
        return text, CSV if observed.startswith("text/csv") else JSON
    return text, encoding
