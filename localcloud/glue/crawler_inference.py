"""Columns and format of files, found by DuckDB as a crawler's classifiers would find them."""

import csv
import gzip
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.glue.crawler_listing import Folder, Found
from localcloud.glue.hive import hive_type
from localcloud.processes.folders import TemporaryFolder
from localcloud.standalone.engine_calls import fetch

_GZIP = b"\x1f\x8b"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")
STORAGE = {
    "parquet": (
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
        f"{_PARQUET}.serde.ParquetHiveSerDe",
    ),
    "json": (*_TEXT, "org.openx.data.jsonserde.JsonSerDe"),
    "csv": (*_TEXT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
}
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"


class ClassificationError(RuntimeError):
    """The files of a folder are of no format that is known here, or of several."""


@dataclass(frozen=True)
class Classified:
    """What the files of one table are."""

    classification: str
    columns: tuple[tuple[str, str], ...]  # name, Hive type
    serde: str
    parameters: dict[str, str] = field(default_factory=dict)  # of the table
    serde_parameters: dict[str, str] = field(default_factory=dict)

    def storage(self, location: str) -> dict[str, Any]:
        """A StorageDescriptor at ``location``."""
        input_format, output_format, _ = STORAGE[self.classification]
        return {
            "Columns": [{"Name": name, "Type": kind} for name, kind in self.columns],
            "Location": location,
            "InputFormat": input_format,
            "OutputFormat": output_format,
            "SerdeInfo": {"SerializationLibrary": self.serde, "Parameters": self.serde_parameters},
            "Compressed": False,
            "NumberOfBuckets": -1,
            "BucketColumns": [],
            "SortColumns": [],
            "StoredAsSubDirectories": False,
            "Parameters": self.parameters,
        }


def classify(s3: Any, folder: Folder, classifier: Mapping[str, Any] | None, sample: int | None) -> Classified:
    """Read the files of ``folder`` and tell what they are.

    Args:
        classifier: an API_CsvClassifier that the crawler names, if any.
        sample: files to read of each leaf folder; all by default, as Glue does.
    """
    chosen = _sample(folder, sample)
    with TemporaryFolder("crawl") as directory:
        with ThreadPoolExecutor(8) as pool:
            files = list(pool.map(lambda item: _fetch(s3, folder, item, directory), enumerate(chosen)))
        kinds = {_kind(path) for path in files}
        if len(kinds) > 1:
            raise ClassificationError(f"{folder.location} holds files of several formats: {', '.join(sorted(kinds))}")
        kind = kinds.pop()
        if kind == "csv":
            return _csv(files, classifier)
        reader = "read_parquet" if kind == "parquet" else "read_json"
        options = "union_by_name=true, hive_partitioning=false"
        if kind == "json":  # small structs are no maps
            options += ", map_inference_threshold=-1, sample_size=-1"
        found = _describe(f"{reader}(?, {options})", files)
        columns = tuple((name.lower(), hive_type(of, text=kind == "json")) for name, of in found)
        serde_parameters = {"serialization.format": "1"}
        if kind == "json":
            serde_parameters = {"paths": ",".join(sorted(name for name, _ in columns))}
        return Classified(kind, columns, STORAGE[kind][2], {"typeOfData": "file"}, serde_parameters)


def _sample(folder: Folder, per_folder: int | None) -> list[Found]:
    if per_folder is None:
        return list(folder.objects)
    leaves: dict[str, list[Found]] = {}
    for item in folder.objects:
        leaves.setdefault(item.key.rpartition("/")[0], []).append(item)
    return [item for items in leaves.values() for item in items[:per_folder]]


def _fetch(s3: Any, folder: Folder, item: tuple[int, Found], directory: Path) -> Path:
    at, found = item
    path = directory / str(at)
    with path.open("w+b") as file:
        fetch(s3, folder.bucket, found.key, file)
        file.seek(0)
        packed = file.read(2) == _GZIP
    if packed:
        path.write_bytes(gzip.decompress(path.read_bytes()))
    return path


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:4] == b"PAR1":
        return "parquet"
    if head.lstrip()[:1] in (b"{", b"["):
        return "json"
    if b"\0" in head:
        raise ClassificationError("a file is neither Parquet, JSON nor CSV")
    return "csv"


def _describe(source: str, files: list[Path]) -> list[tuple[str, str]]:
    import duckdb  # noqa: PLC0415 - only when a crawler runs

    with duckdb.connect() as connection:
        query = f"DESCRIBE SELECT * FROM {source}"  # noqa: S608 - a reader and its options, made here
        rows = connection.execute(query, [[str(path) for path in files]]).fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


def _csv(files: list[Path], classifier: Mapping[str, Any] | None) -> Classified:
    """https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html#classifier-built-in, section on CSV."""
    chosen = classifier or {}
    head = files[0].read_text(errors="replace")[:65536]
    delimiter = chosen.get("Delimiter") or _delimiter(head)
    quote = chosen.get("QuoteSymbol") or '"'
    rows = list(csv.reader(head.splitlines()[:2], delimiter=delimiter, quotechar=quote))
    if len(rows[0]) < 2 and not chosen.get("AllowSingleColumn"):
        raise ClassificationError("a text file has no columns that a CSV classifier would see")
    options = "auto_detect=true, sample_size=-1, union_by_name=false, hive_partitioning=false"
    options += f", delim={_sql(delimiter)}, quote={_sql(quote)}, nullstr=''"
    typed = _describe(f"read_csv(?, {options}, header=true)", files)
    header = _has_header(chosen.get("ContainsHeader", "UNKNOWN"), rows[0], [kind for _, kind in typed])
    if not header:
        typed = _describe(f"read_csv(?, {options}, header=false)", files)
    names = chosen.get("Header") or (rows[0] if header else [f"col{at}" for at in range(len(typed))])
    columns = tuple(
        (name.strip().lower(), hive_type(kind, text=True)) for name, (_, kind) in zip(names, typed, strict=True)
    )
    quoted = any(quote in path.read_text(errors="replace") for path in files)
    parameters = {
        "typeOfData": "file",
        "delimiter": delimiter,
        "columnsOrdered": "true",
        "areColumnsQuoted": str(quoted).lower(),
        **({"skip.header.line.count": "1"} if header else {}),
    }
    wanted = chosen.get("Serde", "None")
    if wanted == "OpenCSVSerDe" or (wanted == "None" and quoted):
        return Classified("csv", columns, OPEN_CSV, parameters, {"separatorChar": delimiter, "quoteChar": quote})
    return Classified("csv", columns, STORAGE["csv"][2], parameters, {"field.delim": delimiter})


def _has_header(told: str, first: list[str], types: list[str]) -> bool:
    """Glue takes the first row for a header if its fields are text and the rows below are not all text."""
    if told in ("PRESENT", "ABSENT"):
        return told == "PRESENT"
    return all(not _number(value) and len(value) < 150 for value in first) and any(
        kind != "VARCHAR" for kind in types
    )


def _delimiter(head: str) -> str:
    line = head.splitlines()[0]
    return max(",|\t;\x01", key=line.count)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
