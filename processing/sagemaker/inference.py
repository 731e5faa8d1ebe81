"""Handlers of the endpoint, in the form that its container takes: `model_fn` and `transform_fn`, nothing beside them.

https://sagemaker.readthedocs.io/en/stable/frameworks/xgboost/using_xgboost.html ("Deploy Open Source XGBoost Models");
docs/containers.md says what the container does with them.

Request: ``application/json``, one event or a list of them, bare or as ``{"instances": …}``, each an object with the
curated table's columns that the features need; or ``text/csv``, those columns in the order of features.json's
``inputs``. A column that the contract does not require may be missing and is imputed as in training. Columns known
only after the prediction are refused, others are ignored.
Answer: ``{"predictions": [{"probability": 0.31, "late": false}]}``, or CSV, the probability of a row a line. With a
regression model: ``{"predictions": [{"value": 12.5}]}``.

A bad request is answered with its status, 400, 406 or 415, and the reason as text.
"""

import csv
import io
import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from contracts.validation import EventError, decode
from processing.dataset import Columns, load_dataset
from processing.encoder import Encoder, restore
from processing.records import RecordError, RecordReader
from processing.sagemaker.tables import FEATURES_FILE, MODEL_FILE

try:  # in the image of xgboost: sagemaker-containers, which is Flask and answers 500 whatever a handler raises
    from flask import has_request_context
    from sagemaker_containers.beta.framework import worker
except ImportError:

    def has_request_context() -> bool:
        return False


try:  # where AWS's inference toolkit serves instead: it answers with the status of its own errors
    from sagemaker_inference.errors import BaseInferenceToolkitError as _ToolkitError
except ImportError:

    class _ToolkitError(Exception):  # type: ignore[no-redef]
        def __init__(self, status_code: int, message: str, phrase: str) -> None:
            super().__init__(status_code, message, phrase)
            self.status_code, self.message, self.phrase = status_code, message, phrase


JSON, CSV = "application/json", "text/csv"
LATE = 0.5  # the class weight moves the decision here
ANY = ("", "*/*", "application/*")


class RequestError(_ToolkitError):  # type: ignore[misc]
    """A request that cannot be answered: ``status_code`` (400, 406 or 415), ``phrase`` and ``message``."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(int(status), message, status.phrase)

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class Request:
    """Rows as they came: JSON objects, or the fields of CSV lines."""

    rows: list[Any]
    fields: bool


@dataclass(frozen=True)
class Model:
    """A booster with what it takes to make its matrix of a request."""

    booster: Any
    encoder: Encoder
    reader: RecordReader
    decision: str | None  # None: a regression


def model_fn(model_dir: str) -> Model:
    """Load what train.py saved."""
    folder = Path(model_dir)
    features = json.loads((folder / FEATURES_FILE).read_text("utf-8"))
    dataset = load_dataset(features["module"])
    booster = xgb.Booster(model_file=folder / MODEL_FILE)
    booster.set_param({"nthread": 1})  # threads cost a small request more than they gain
    known = {name: frozenset(names) for name, names in features["known"].items()}
    decision = features["decision"] if features["task"] == "classification" else None
    return Model(booster, restore(dataset, features["encoder"]), RecordReader(dataset, known), decision)


def transform_fn(model: Model, body: bytes | str, content_type: str | None, accept: str | None) -> Any:
    """The answer to one request and its content type; or a refusal with its status and reason."""
    try:
        return write(predict(read(body, content_type), model), accept)
    except RequestError as error:
        if not has_request_context():
            raise
        return worker.Response(response=str(error), status=error.status_code, mimetype="text/plain")


def read(body: bytes | str, content_type: str | None) -> Request:
    """The rows of a request body; RequestError 415 for another content type, 400 for what is not JSON or CSV."""
    kind = (content_type or "").split(";")[0].strip().lower()
    data = body.encode() if isinstance(body, str) else bytes(body)
    if kind == JSON:
        return Request(_json_rows(data), fields=False)
    if kind == CSV:
        return Request(_csv_rows(data), fields=True)
    raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"content type {kind[:80]!r}: expected {JSON} or {CSV}")


def predict(request: Request, model: Model) -> list[dict[str, Any]]:
    """One prediction a row; RequestError 400 with the reasons when rows do not fit the contract."""
    try:
        columns = model.reader.texts(request.rows) if request.fields else model.reader.objects(request.rows)
    except RecordError as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from None
    scores = [float(score) for score in score_columns(model, columns)]
    if model.decision is None:
        return [{"value": score} for score in scores]
    return [{"probability": score, model.decision: score >= LATE} for score in scores]


def write(predictions: list[dict[str, Any]], accept: str | None) -> tuple[str, str]:
    """The answer in the form that ``accept`` asks for; RequestError 406 when that is neither JSON nor CSV."""
    for kind in (entry.split(";")[0].strip().lower() for entry in (accept or "").split(",")):
        if kind in ANY or kind == JSON:
            return json.dumps({"predictions": predictions}), JSON
        if kind == CSV:
            return "".join(f"{next(iter(row.values()))!r}\n" for row in predictions), CSV
    raise RequestError(HTTPStatus.NOT_ACCEPTABLE, f"accept {accept!r:.80}: expected {JSON} or {CSV}")


def score_columns(model: Model, columns: Columns) -> NDArray[np.float32]:
    """Scores (rows) of checked columns."""
    scores: NDArray[np.float32] = model.booster.inplace_predict(
        model.encoder.transform(columns), validate_features=False
    )
    return scores


def _json_rows(body: bytes) -> list[Any]:
    if not body.strip():
        raise RequestError(HTTPStatus.BAD_REQUEST, "the request is empty")
    try:
        value = decode(body)
    except EventError as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from None
    if isinstance(value, dict) and "instances" in value:
        value = value["instances"]
        if not isinstance(value, list):
            raise RequestError(HTTPStatus.BAD_REQUEST, "instances: expected a list")
    rows = value if isinstance(value, list) else [value]
    if not rows:
        raise RequestError(HTTPStatus.BAD_REQUEST, "no rows to predict on")
    return rows


def _csv_rows(body: bytes) -> list[list[str]]:
    try:
        rows = [row for row in csv.reader(io.StringIO(body.decode("utf-8")), strict=True) if row]
    except UnicodeDecodeError as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"not UTF-8 at byte {error.start}") from None
    except csv.Error as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"not CSV: {error}") from None
    if not rows:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the request is empty")
    return rows
