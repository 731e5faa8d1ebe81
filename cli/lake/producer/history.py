"""Months of events straight into the lake: the batch path, for history that nobody needs as a stream.

A file holds the events of one month in one partition and has exactly the columns and types that the delivery stream
gives its files, so no reader can tell the paths apart. Its name says the month: loading a month again replaces the
files of that month and no others.
"""

import io
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

from cli.errors import UserError
from cli.lake.producer.objects import THREADS, listed
from contracts import Table, load
from contracts.derive import arrow_schema
from contracts.validation import EventError, Validator, decode
from datasets import parts
from datasets.record import Record

_NAME = re.compile(r"/history-\d{4}-\d{2}\.parquet$")


@dataclass
class Loaded:
    """What became of a month's records: ``read = rows + refused``.

    Attributes:
        rows: written, in ``files`` objects.
        refused: records by the reason why the contract does not take them.
    """

    read: int = 0
    rows: int = 0
    files: int = 0
    bytes: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def is_history(key: str) -> bool:
    """Whether an object of the raw zone was loaded by this module, and not delivered by the stream."""
    return _NAME.search(key) is not None


def load_month(s3: Any, bucket: str, dataset: str, month: int, progress: Callable[[int], object]) -> Loaded:
    """Write the events of one month of a dataset; ``progress`` is told how many more records are settled.

    Raises UserError when the bucket does not take the files. Broken off, some partitions have the month and some do
    not; loading it again completes it.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - keeps `--help` fast

    events, producer = load(dataset).events, parts.producer(dataset)
    name = f"history-{producer.YEAR}-{month:02d}.parquet"
    partitions, loaded = _validated(events, producer.month_events(month))
    progress(loaded.refused.total())
    written: set[str] = set()

    def write(folder: str) -> tuple[int, int]:
        key, body = f"{events.location}/{folder}{name}", _parquet(events, partitions[folder])
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        written.add(key)
        return len(partitions[folder]), len(body)

    pool = ThreadPoolExecutor(THREADS)
    try:
        for done in as_completed([pool.submit(write, folder) for folder in partitions]):
            rows, size = done.result()
            loaded.rows, loaded.bytes, loaded.files = loaded.rows + rows, loaded.bytes + size, loaded.files + 1
            progress(rows)
        before = listed(s3, bucket, f"{events.location}/")
        for stale in [item.key for item in before if item.key.endswith(f"/{name}") and item.key not in written]:
            s3.delete_object(Bucket=bucket, Key=stale)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"s3://{bucket}/{events.location}/ does not take the events: {error}") from error
    finally:
        pool.shutdown(cancel_futures=True)
    return loaded


def _validated(events: Table, records: list[Record]) -> tuple[dict[str, list[dict[str, Any]]], Loaded]:
    """The events by the folder of their partition, checked and normalised as the transform function does it."""
    partitions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    loaded, validator = Loaded(), Validator(events)
    for record in records:
        loaded.read += 1
        try:
            event = validator.validate(decode(record.data))
        except EventError as error:
            loaded.refused[str(error)] += 1
            continue
        partitions["".join(f"{key.name}={event[key.name]}/" for key in events.partition_keys)].append(event)
    return partitions, loaded


def _parquet(events: Table, rows: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - keeps `--help` fast
    from pyarrow import parquet  # noqa: PLC0415

    schema = arrow_schema(events.columns)
    stamps = {item.name: pa.timestamp(item.type.unit, "UTC") for item in schema if pa.types.is_timestamp(item.type)}
    as_text = pa.schema([(item.name, pa.string() if item.name in stamps else item.type) for item in schema])
    arrays = [
        # a validated timestamp is of UTC and says so; a timestamp of Hive has no zone
        column.cast(stamps[item.name]).cast(item.type) if item.name in stamps else column
        for column, item in zip(pa.Table.from_pylist(rows, schema=as_text).columns, schema, strict=True)
    ]
    sink = io.BytesIO()
    # INT96 is what Hive's writer, and so Firehose, makes of a timestamp
    parquet.write_table(
        pa.table(arrays, schema=schema), sink, compression="snappy", use_deprecated_int96_timestamps=True
    )
    return sink.getvalue()
