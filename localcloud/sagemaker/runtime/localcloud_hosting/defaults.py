"""What the images do for a script that has no input_fn, predict_fn or output_fn: docs/containers.md."""

import csv
from collections.abc import Callable
from typing import Any

import numpy as np
from sagemaker_containers.beta.framework import content_types, encoders, errors, worker

_LIBSVM = ("text/libsvm", "text/x-libsvm")
_SNIFFED = 512  # characters of the first line, in which the delimiter is looked for


def handlers(family: str) -> dict[str, Callable[..., Any]]:
    """The default handlers of ``xgboost`` or ``scikit-learn`` images."""
    if family == "xgboost":
        return {"input_fn": matrix, "predict_fn": predict_matrix, "output_fn": encoded}
    return {"input_fn": array, "predict_fn": predict_array, "output_fn": encoded}


def array(body: bytes | str, content_type: str) -> Any:
    """A numpy array; of float32 where the body is text."""
    decoded = encoders.decode(body, content_type)
    return decoded.astype(np.float32) if content_type in content_types.UTF8_TYPES else decoded


def predict_array(data: Any, model: Any) -> Any:
    return model.predict(data)


def matrix(body: bytes | str, content_type: str) -> Any:
    """A DMatrix of CSV, whose delimiter is guessed from the first line, or of LIBSVM."""
    import xgboost as xgb  # noqa: PLC0415 - scikit-learn's script may run where there is none

    kind = content_type.partition(";")[0].strip()
    if kind != content_types.CSV and kind not in _LIBSVM:
        raise errors.UnsupportedFormatError(kind)
    text = body.decode() if isinstance(body, bytes) else body
    return xgb.DMatrix(_cells(text) if kind == content_types.CSV else _libsvm(text))


def predict_matrix(data: Any, model: Any) -> Any:
    return model.predict(data, validate_features=False)


def encoded(prediction: Any, accept: str) -> Any:
    return worker.Response(encoders.encode(prediction, accept), mimetype=accept)


def _cells(text: str) -> Any:
    lines = text.split("\n")
    delimiter = csv.Sniffer().sniff(lines[0][:_SNIFFED]).delimiter
    if delimiter.isalnum():
        delimiter = ","
    return np.array([[cell or "nan" for cell in line.split(delimiter)] for line in lines]).astype(float)


def _libsvm(text: str) -> Any:
    """Columns are counted from 0, or from 1 where no row has a 0."""
    rows = [
        {int(name): float(value) for name, value in (cell.split(":", 1) for cell in line.split() if ":" in cell)}
        for line in text.strip().split("\n")
    ]
    names = [name for row in rows for name in row]
    if not names:
        return np.empty((0, 0))
    first = 1 if min(names) >= 1 else 0
    found = np.zeros((len(rows), max(names) - first + 1))
    for number, row in enumerate(rows):
        for name, value in row.items():
            found[number, name - first] = value
    return found
