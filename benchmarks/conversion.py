"""Firehose's record conversion against bare pyarrow.json on the same records."""

import io
import json

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet

from benchmarks.measure import Ratio, seconds
from contracts import load
from contracts.validation import Validator, decode
from datasets.flights.producer import replay
from localcloud.firehose.configuration import Conversion
from localcloud.firehose.conversion import Converter
from localcloud.firehose.hive import parse
from localcloud.firehose.records import Output, Record

TABLE = load("flights").events
CONVERSION = Conversion(
    catalog_id=None,
    database="lake",
    table=TABLE.name,
    region=None,
    version="LATEST",
    role="",
    mappings={},
    case_insensitive=True,
    dots_to_underscores=False,
    codec="snappy",
    dictionary=False,
)


def measure() -> Ratio:
    """Records a second into one snappy Parquet file, with the columns of the Glue table as the schema."""
    columns = {column.name: parse(column.type) for column in TABLE.columns}
    validator = Validator(TABLE)
    lines = [f"{json.dumps(validator.validate(decode(record.data)))}\n".encode() for record in replay([1])]
    outputs = [Output(Record(str(number), "", number), line) for number, line in enumerate(lines)]
    converter = Converter(columns, CONVERSION)
    schema = pa.schema([(name, kind.arrow()) for name, kind in columns.items()])

    def bare() -> None:
        options = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
        parsed = pyarrow.json.read_json(io.BytesIO(b"".join(lines)), parse_options=options)
        pyarrow.parquet.write_table(parsed, io.BytesIO(), compression="snappy")

    peer = len(lines) / seconds(bare, repeat=5)
    ours = len(lines) / seconds(lambda: converter.convert(outputs), repeat=5)
    how = f"{len(lines):,} January events into one file, best of 5"
    return Ratio("JSON → Parquet", ours, "bare pyarrow.json", peer, "records/s", "≥ 0.7", how)
