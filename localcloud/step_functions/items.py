"""Item readers of distributed Map states: what an object in S3, or a list of objects, has for items.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

import csv
import gzip
import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from localcloud import kept
from localcloud.step_functions.paths import find

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_LISTED = ("Etag", "Key", "LastModified", "Size", "StorageClass")


class ItemReaderError(Exception):
    """States.ItemReaderFailed, with its cause."""


def read(s3: Any, resource: str, parameters: dict[str, Any], config: dict[str, Any], most: int | None) -> list[Any]:
    """Items of a Map run.

    Args:
        resource: the ItemReader's, an operation of S3.
        config: its ReaderConfig.
        most: MaxItems.

    Raises:
        ItemReaderError: there are none that could be read.
    """
    action = resource.rpartition(":")[2]
    if action == "listObjectsV2":
        return _listed(s3, parameters, most)
    if action != "getObject":
        raise ItemReaderError(kept.refusal(f"stepfunctions:ItemReader {resource}"))
    body = s3.get_object(**parameters)["Body"].read()
    key = str(parameters["Key"])
    kind = str(config.get("InputType", ""))
    reader = _READERS.get(kind)
    if reader is None:
        raise ItemReaderError(kept.refusal(f"stepfunctions:ItemReader with InputType {kind or '(none)'}"))
    if key.endswith(".gz"):
        body = gzip.decompress(body)
    return reader(body, config)[:most]


def _listed(s3: Any, parameters: dict[str, Any], most: int | None) -> list[Any]:
    found: list[Any] = []
    for page in s3.get_paginator("list_objects_v2").paginate(**parameters):
        for item in page.get("Contents", ()):
            told = {**item, "Etag": item["ETag"], "LastModified": int(item["LastModified"].timestamp())}
            found.append({name: told[name] for name in _LISTED if name in told})
        if most is not None and len(found) >= most:
            return found[:most]
    if not found:
        raise ItemReaderError("No objects were found for the prefix.")
    return found


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ItemReaderError("The object is not UTF-8 text.") from None


def _csv(body: bytes, config: dict[str, Any]) -> list[Any]:
    delimiter = _DELIMITERS.get(config.get("CSVDelimiter", "COMMA"), ",")
    rows = list(csv.reader(io.StringIO(_text(body)), delimiter=delimiter))
    if config.get("CSVHeaderLocation", "FIRST_ROW") == "GIVEN":
        headers = list(config.get("CSVHeaders") or ())
    else:
        headers, rows = (rows[0], rows[1:]) if rows else ([], [])
    if len(set(headers)) < len(headers):
        raise ItemReaderError("CSV headers cannot contain duplicates.")
    order = sorted(enumerate(headers), key=lambda item: (item[1].isalpha(), item[1]))  # as recorded of AWS
    return [{header: row[at] if at < len(row) else "" for at, header in order} for row in rows if row]


def _json(body: bytes, config: dict[str, Any]) -> list[Any]:
    try:
        found = json.loads(_text(body))
    except ValueError:
        raise ItemReaderError("Attempting to map over invalid JSON.") from None
    if pointer := config.get("ItemsPointer"):
        found = _at(found, pointer)
    if isinstance(found, dict):
        return [{"Key": key, "Value": value} for key, value in found.items()] if "ItemsPointer" in config else _no()
    return found if isinstance(found, list) else _no()


def _no() -> list[Any]:
    raise ItemReaderError("Attempting to map over non-iterable node.")


def _at(document: Any, pointer: str) -> Any:
    try:
        return find("$" + "".join(f"['{part}']" for part in pointer.strip("/").split("/")), document)
    except NoSuchJsonPathError:
        raise ItemReaderError(f"The ItemsPointer {pointer} is not in the object.") from None


def _json_lines(body: bytes, _: dict[str, Any]) -> list[Any]:
    try:
        return [json.loads(line) for line in _text(body).splitlines() if line.strip()]
    except ValueError:
        raise ItemReaderError("Attempting to map over an invalid line of JSON.") from None


def _parquet(body: bytes, _: dict[str, Any]) -> list[Any]:
    try:
        rows = pq.read_table(io.BytesIO(body)).to_pylist()
    except Exception as error:
        raise ItemReaderError(f"The object is not Parquet: {error}") from None
    return list(json.loads(json.dumps(rows, default=str)))


_READERS: dict[str, Callable[[bytes, dict[str, Any]], list[Any]]] = {
    "CSV": _csv,
    "JSON": _json,
    "JSONL": _json_lines,
    "PARQUET": _parquet,
}
