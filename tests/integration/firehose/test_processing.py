"""Transformation by Lambda, partitions by its keys, and Parquet by a Glue table, through to S3."""

import base64
import io
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud import LocalCloud
from localcloud.cloud import current

Any_ = Callable[..., Any]

# Delivers JSON objects by their "k" and "d"; drops those with "drop"; refuses what is no JSON object.
ROUTE = """
import base64, json
def handler(event, context):
    return {"records": [route(r) for r in event["records"]]}
def route(record):
    answer = {"recordId": record["recordId"], "data": record["data"]}
    try:
        value = json.loads(base64.b64decode(record["data"]))
        if value.get("drop"):
            return {**answer, "result": "Dropped"}
        keys = {name: value[name] for name in ("k", "d") if name in value}
        return {**answer, "result": "Ok", "metadata": {"partitionKeys": keys}}
    except (ValueError, AttributeError):
        return {**answer, "result": "ProcessingFailed", "errorMessage": "no JSON object"}
"""
BY_KEY: dict[str, Any] = {
    "Prefix": "raw/k=!{partitionKeyFromLambda:k}/d=!{partitionKeyFromLambda:d}/",
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
}


def test_partitions_never_mix_and_have_no_time_in_their_prefix(
    lake: Any, send: Any_, deliver: Any_, function: Any_
) -> None:
    deliver(**BY_KEY, ProcessingConfiguration=function(ROUTE))
    events = [{"n": n, "k": "ab"[n % 2], "d": f"2013-01-{1 + n % 3:02d}"} for n in range(600)]
    send(*events)
    lake.until(lambda: lake.text("raw/").count("\n") == 600)
    for key in lake.keys("raw/"):
        _, k, d, name = key.split("/")
        assert name.startswith("delivery-1-")
        values = [json.loads(line) for line in lake.body(key).splitlines()]
        assert {(f"k={v['k']}", f"d={v['d']}") for v in values} == {(k, d)}
    assert len({key.rpartition("/")[0] for key in lake.keys("raw/")}) == 6


def test_results_of_the_function_are_all_accounted_for(lake: Any, send: Any_, deliver: Any_, function: Any_) -> None:
    deliver(**BY_KEY, ProcessingConfiguration=function(ROUTE))
    send(
        {"k": "a", "d": "x"}, b"\xff garbage", {"drop": True}, {"k": "a"}, {"k": "", "d": "x"}, {"k": "a", "d": None}
    )
    lake.until(lambda: len(lake.errors("")) == 4 and lake.keys("raw/"))
    assert json.loads(lake.text("raw/")) == {"k": "a", "d": "x"}
    [failed] = lake.errors("processing-failed")
    assert (failed["errorCode"], failed["errorMessage"]) == ("Lambda.ProcessingFailedStatus", "no JSON object")
    assert failed["lambdaArn"].endswith(":function:transform")
    assert lake.raw_errors("processing-failed") == [b"\xff garbage"]
    assert {e["errorCode"] for e in lake.errors("partitioning-failed")} == {
        "DynamicPartitioning.MetadataExtractionFailed"
    }
    assert len(lake.errors("partitioning-failed")) == 3


def test_the_501st_partition_goes_to_the_error_output(lake: Any, send: Any_, deliver: Any_, function: Any_) -> None:
    hints = {"SizeInMBs": 64, "IntervalInSeconds": 300}
    deliver(**{**BY_KEY, "BufferingHints": hints}, ProcessingConfiguration=function(ROUTE))
    send(*({"k": str(n), "d": "x"} for n in range(503)), key="one shard")
    lake.until(lambda: len(lake.keys("raw/")) == 500 and lake.keys("errors/"), seconds=60)
    assert [json.loads(raw)["k"] for raw in lake.raw_errors("activePartitionExceeded")] == ["500", "501", "502"]


def test_a_throwing_function_is_retried_and_then_the_batch_is_in_the_error_output(
    lake: Any, send: Any_, deliver: Any_, function: Any_, tmp_path: Any
) -> None:
    mark = tmp_path / "attempts"
    code = f"def handler(event, context):\n    open({str(mark)!r}, 'a').write('x')\n    raise ValueError('no')\n"
    deliver(ProcessingConfiguration=function(code, NumberOfRetries=2))
    send({"n": 1}, {"n": 2}, key="one shard")
    lake.until(lambda: len(lake.errors("processing-failed")) == 2)
    assert mark.read_text() == "xxx"
    assert [json.loads(raw) for raw in lake.raw_errors("processing-failed")] == [{"n": 1}, {"n": 2}]
    assert {(e["errorCode"], e["attemptsMade"]) for e in lake.errors("processing-failed")} == {
        ("Lambda.FunctionError", 3)
    }
    assert lake.keys("raw/") == []


def test_a_function_that_recovers_loses_nothing(
    lake: Any, send: Any_, deliver: Any_, function: Any_, tmp_path: Any
) -> None:
    mark = tmp_path / "attempts"
    code = (
        ROUTE
        + f"""
inner = handler
def handler(event, context):
    open({str(mark)!r}, 'a').write('x')
    if len(open({str(mark)!r}).read()) < 3: raise ValueError('not yet')
    return inner(event, context)
"""
    )
    deliver(ProcessingConfiguration=function(code))
    send({"n": 1}, key="one shard")
    lake.until(lambda: lake.keys("raw/"))
    assert json.loads(lake.text("raw/")) == {"n": 1}
    assert lake.keys("errors/") == []


def test_a_hanging_function_and_a_huge_answer_are_failures(
    lake: Any, send: Any_, deliver: Any_, function: Any_, cloud: LocalCloud
) -> None:
    code = """
import base64, json, time
def handler(event, context):
    if b"hang" in base64.b64decode(event["records"][0]["data"]): time.sleep(60)
    huge = {"result": "Ok", "data": "A" * 7_000_000}
    return {"records": [{"recordId": r["recordId"], **huge} for r in event["records"]]}
"""
    deliver(ProcessingConfiguration=function(code, timeout=1, NumberOfRetries=0))
    send({"n": "hang"}, key="one shard")
    lake.until(lambda: len(lake.errors("processing-failed")) == 1)
    send({"n": "huge"}, key="one shard")
    lake.until(lambda: len(lake.errors("processing-failed")) == 2)
    codes = {base64.b64decode(e["rawData"]): e["errorCode"] for e in lake.errors("processing-failed")}
    assert [code for data, code in codes.items() if b"hang" in data] == ["Lambda.FunctionTimedOut"]
    assert [code for data, code in codes.items() if b"huge" in data] == ["Lambda.FunctionError"]


def test_records_keep_their_order_through_concurrent_invocations(
    lake: Any, send: Any_, deliver: Any_, function: Any_
) -> None:
    code = (
        ROUTE
        + """
import random, time
inner = handler
def handler(event, context):
    time.sleep(random.random() / 10)
    return inner(event, context)
"""
    )
    hints = {"SizeInMBs": 64, "IntervalInSeconds": 300}
    deliver(BufferingHints=hints, ProcessingConfiguration=function(code, BufferSizeInMBs=0.2))
    send(*({"n": n, "pad": "x" * 900} for n in range(2000)), key="one shard")
    lake.until(lambda: lake.text("raw/").count("\n") == 2000)
    assert [json.loads(line)["n"] for line in lake.text("raw/").splitlines()] == list(range(2000))


def test_the_event_names_stream_and_shard(lake: Any, send: Any_, deliver: Any_, function: Any_) -> None:
    code = """
import base64, json
def handler(event, context):
    data = base64.b64encode(json.dumps(event).encode()).decode()
    return {"records": [{"recordId": r["recordId"], "result": "Ok", "data": data} for r in event["records"]]}
"""
    deliver(ProcessingConfiguration=function(code))
    send({"n": 1}, key="the key")
    lake.until(lambda: lake.keys("raw/"))
    event = json.loads(lake.text("raw/"))
    assert event["deliveryStreamArn"] == "arn:aws:firehose:us-east-1:123456789012:deliverystream/delivery"
    assert event["sourceKinesisStreamArn"] == "arn:aws:kinesis:us-east-1:123456789012:stream/events"
    assert event["region"] == "us-east-1"
    metadata = event["records"][0]["kinesisRecordMetadata"]
    assert metadata["partitionKey"] == "the key"
    assert metadata["shardId"].startswith("shardId-00000000000")
    assert abs(event["records"][0]["approximateArrivalTimestamp"] / 1000 - time.time()) < 60


def test_json_becomes_parquet_by_the_glue_table(lake: Any, send: Any_, deliver: Any_, table: Any_) -> None:
    conversion = table({"n": "int", "at": "timestamp", "who": "string"}, ColumnToJsonKeyMappings={"who": "Name"})
    hints = {"SizeInMBs": 64, "IntervalInSeconds": 60}
    deliver(DataFormatConversionConfiguration=conversion, BufferingHints=hints)
    good = [{"n": n, "at": "2013-01-01T00:00:00.5Z", "Name": "é"} for n in range(3000)]
    send(*good, b"{broken", {"n": "x"}, key="one shard")
    lake.until(lambda: len(lake.errors("format-conversion-failed")) == 2)
    assert lake.rows("raw/") == [
        {"n": n, "at": datetime(2013, 1, 1, 0, 0, 0, 500000), "who": "é"} for n in range(3000)
    ]
    assert all(key.endswith(".parquet") for key in lake.keys("raw/"))
    broken, mismatch = lake.errors("format-conversion-failed")
    assert broken["lastErrorCode"] == "DataFormatConversion.ParseError"
    assert mismatch["lastErrorMessage"] == 'Data does not match the schema. For input string: "x"'
    assert mismatch["dataCatalogTable"]["tableName"] == "t"
    assert mismatch["sequenceNumber"] == "3002"
    assert lake.raw_errors("format-conversion-failed") == [b"{broken", b'{"n": "x"}\n']


def test_a_new_column_of_the_table_is_picked_up(
    lake: Any, send: Any_, deliver: Any_, table: Any_, cloud: LocalCloud
) -> None:
    conversion = table({"n": "int"})
    deliver(DataFormatConversionConfiguration=conversion, BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 15})
    send({"n": 1, "new": "a"})
    lake.until(lambda: lake.keys("raw/"))
    columns = [{"Name": "n", "Type": "int"}, {"Name": "new", "Type": "string"}]
    cloud.client("glue").update_table(
        DatabaseName="db", TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}}
    )
    send({"n": 2, "new": "b"})
    lake.until(lambda: len(lake.keys("raw/")) == 2)
    assert sorted(lake.rows("raw/"), key=lambda row: row["n"]) == [{"n": 1}, {"n": 2, "new": "b"}]


def test_a_missing_table_delays_and_loses_nothing(
    lake: Any, send: Any_, deliver: Any_, table: Any_, caplog: Any
) -> None:
    conversion = table({"n": "int"})
    glue = current().client("glue")
    glue.delete_table(DatabaseName="db", Name="t")
    deliver(DataFormatConversionConfiguration=conversion, BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 0})
    send({"n": 1})
    lake.until(lambda: "DataFormatConversion.EntityNotFoundException" in caplog.text)
    columns = [{"Name": "n", "Type": "int"}]
    glue.create_table(DatabaseName="db", TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}})
    lake.until(lambda: lake.keys("raw/"))
    assert lake.rows("raw/") == [{"n": 1}]


RECORD = st.one_of(
    st.binary(max_size=60),
    st.dictionaries(
        st.sampled_from(["n", "s", "k", "d", "drop", "other"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=10)
        | st.lists(st.integers(), max_size=2),
        max_size=5,
    ).map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries({"k": st.sampled_from("ab"), "d": st.sampled_from("xy"), "n": st.integers(0, 9)}).map(
        lambda value: json.dumps(value).encode()
    ),
)


def test_fuzzed_records_are_delivered_dropped_or_in_the_error_output(
    lake: Any, send: Any_, deliver: Any_, function: Any_, table: Any_
) -> None:
    """Thousands of arbitrary records: each comes out once, and a good one after them shows that delivery goes on."""
    deliver(
        **BY_KEY,
        ProcessingConfiguration=function(ROUTE),
        DataFormatConversionConfiguration=table({"n": "int", "s": "string", "k": "string"}),
    )
    sent: list[bytes] = []

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(RECORD, min_size=1, max_size=40))
    def put(records: list[bytes]) -> None:
        send(*records)
        sent.extend(records)

    put()
    send(json.dumps({"k": "last", "d": "x", "n": 1}).encode())
    sent.append(b"")
    expected = len(sent) - drops(sent)
    lake.until(lambda: lake.keys("raw/k=last/") and sum(outcome(lake)) >= expected, seconds=60)
    time.sleep(1.5)
    delivered, failed = outcome(lake)
    assert len(sent) > 1000
    assert delivered + failed + drops(sent) == len(sent)
    assert delivered > 50
    assert failed > 50


def outcome(lake: Any) -> tuple[int, int]:
    rows = sum(pq.read_metadata(io.BytesIO(lake.body(key))).num_rows for key in lake.keys("raw/"))
    return rows, len(lake.errors(""))


def drops(sent: list[bytes]) -> int:
    """How many records ROUTE drops."""
    count = 0
    for data in sent:
        try:
            value = json.loads(data)
        except ValueError:
            continue
        count += isinstance(value, dict) and bool(value.get("drop"))
    return count
