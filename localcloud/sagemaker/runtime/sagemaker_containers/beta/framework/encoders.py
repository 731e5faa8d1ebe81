"""Arrays to and from JSON, CSV and NPY, as sagemaker_containers/_encoders.py does it. RecordIO is left out."""

import csv
import io
import json
from typing import Any

import numpy as np

from . import content_types, errors


def array_to_npy(array_like: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array_like)
    return buffer.getvalue()


def npy_to_numpy(npy_array: bytes) -> Any:
    """Of numbers or text. There, objects too, which means running what the body says."""
    return np.load(io.BytesIO(npy_array), allow_pickle=False)


def array_to_json(array_like: Any) -> str:
    def plain(value: Any) -> Any:
        return value.tolist() if hasattr(value, "tolist") else json.JSONEncoder().default(value)

    return json.dumps(array_like, default=plain)


def json_to_numpy(string_like: str | bytes, dtype: Any = None) -> Any:
    return np.array(json.loads(string_like), dtype=dtype)


def csv_to_numpy(string_like: str, dtype: Any = None) -> Any:
    """Numbers; text where it is none and no ``dtype`` is asked for."""
    try:
        rows = list(csv.reader(io.StringIO(string_like), strict=True))
    except Exception as error:
        raise errors.ClientError(f"Error while decoding csv: {error}") from error
    array = np.array(rows).squeeze()
    try:
        return array.astype(dtype)
    except ValueError as error:
        if dtype is None:
            return array
        raise errors.ClientError(f"Error while writing numpy array: {error}. dtype is: {dtype}") from error


def array_to_csv(array_like: Any) -> str:
    array = np.array(array_like)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n", strict=True).writerows(array)
    return stream.getvalue()


_ENCODERS = {content_types.NPY: array_to_npy, content_types.CSV: array_to_csv, content_types.JSON: array_to_json}
_DECODERS = {content_types.NPY: npy_to_numpy, content_types.CSV: csv_to_numpy, content_types.JSON: json_to_numpy}


def decode(obj: Any, content_type: str) -> Any:
    """A body as a numpy array. Raises UnsupportedFormatError."""
    return _known(_DECODERS, content_type)(obj)


def encode(array_like: Any, content_type: str) -> Any:
    """What is like an array as a body. Raises UnsupportedFormatError."""
    return _known(_ENCODERS, content_type)(array_like)


def _known(coders: dict[str, Any], content_type: str) -> Any:
    if content_type not in coders:
        raise errors.UnsupportedFormatError(content_type)
    return coders[content_type]
