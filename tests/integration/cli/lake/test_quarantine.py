"""The quarantine: reasons, causes, and replays that can be broken off and repeated."""

import base64
import json
from collections import Counter
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.lake.producer import quarantine
from cli.lake.producer.accounting import errors, replayed
from cli.lake.quarantine import quarantine as app
from contracts import load
from contracts.validation import Validator
from datasets.record import Record
from localcloud import LocalCloud

EVENTS = load("flights").events
ERRORS, REPLAYED = errors(EVENTS), replayed(EVENTS)
GOOD = (
    b'{"event_type":"cancellation","event_id":"2013-01-01-UA-1-EWR-c","event_time":"2013-01-01T10:00:00Z",'
    b'"flight_date":"2013-01-01","carrier":"UA","flight":1,"origin":"EWR","dest":"IAH","sched_dep_time":500,'
    b'"sched_arr_time":700,"time_hour":"2013-01-01T10:00:00Z","distance":100}\n'
)
BAD = GOOD.replace(b'"flight":1', b'"flight":"1"')
WORSE = b"\xff\xfe\n"
FIXED_TEXT = "ProcessingFailed status set for record"


def line(data: bytes, message: str = "", **fields: Any) -> bytes:
    """A line as Firehose writes it."""
    document = {
        "attemptsMade": 1,
        "arrivalTimestamp": 1357035420000,
        "errorCode": "Lambda.ProcessingFailedStatus",
        "errorMessage": message,
        "attemptEndingTimestamp": 1357035421000,
        "rawData": base64.b64encode(data).decode(),
        "lambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:transform:$LATEST",
    }
    return json.dumps(document | fields).encode()


class Lake:
    """A bucket with error objects, and a stream that remembers what it was sent."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        self.stream: list[Record] = []
        self.takes = True

    def put(self, name: str, *lines: bytes) -> None:
        self.s3.put_object(Bucket="lake", Key=f"{ERRORS}{name}", Body=b"".join(item + b"\n" for item in lines))

    def lines(self, prefix: str) -> list[bytes]:
        found = self.s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", ())
        bodies = [self.s3.get_object(Bucket="lake", Key=item["Key"])["Body"].read() for item in found]
        return [item for body in bodies for item in body.splitlines()]

    def read(self, prefix: str = "") -> list[quarantine.Refused]:
        return quarantine.read(self.s3, "lake", EVENTS, prefix)

    def replay(self, chosen: list[quarantine.Refused]) -> tuple[int, bool]:
        def send(records: list[Record]) -> bool:
            if self.takes:
                self.stream += records
            return self.takes

        return quarantine.replay(self.s3, "lake", "flights", chosen, send)


@pytest.fixture
def lake(cloud: LocalCloud) -> Lake:
    cloud.client("s3").create_bucket(Bucket="lake")
    return Lake(cloud.client("s3"))


def test_reasons_come_from_the_function_or_from_todays_contract(lake: Lake) -> None:
    lake.put("processing-failed/a", line(BAD, "some reason"), line(BAD, FIXED_TEXT), line(GOOD, FIXED_TEXT))
    lake.put("processing-failed/b", line(WORSE))
    lake.put(
        "format-conversion-failed/c", line(BAD, lastErrorCode="X.Y", lastErrorMessage="no such", errorMessage=None)
    )
    reasons = [record.reason for record in lake.read("processing-failed/")]
    assert reasons == [
        "some reason",
        "flight: expected int, got string '1'",
        "valid by today's contract",
        "not UTF-8: byte 0xff at 0",
    ]
    assert len(lake.read()) == 5
    assert lake.read(f"{ERRORS}processing-failed/b")[0].data == WORSE


def test_conversion_failures_have_other_names_for_the_reason() -> None:
    document = json.loads(line(GOOD))
    del document["errorCode"], document["errorMessage"]
    for code, message in (("lastErrorCode", "lastErrorMessage"), ("ErrorCode", "ErrorMessage")):
        text = json.dumps({**document, code: "DataFormatConversion.InvalidSchema", message: "no such table"})
        record = quarantine.refused("key", text.encode(), Validator(EVENTS))
        assert (record.code, record.reason) == ("DataFormatConversion.InvalidSchema", "no such table")
        assert record.event is not None


def test_causes_are_reasons_without_values(lake: Lake) -> None:
    lake.put(
        "a", *[line(BAD.replace(b'"1"', f'"{n}"'.encode())) for n in range(5)], line(GOOD), line(WORSE), line(b"{")
    )
    found = [(cause, number, valid) for cause, number, valid, _ in quarantine.causes(lake.read())]
    assert found == [
        ("flight: expected int", 5, 0),
        ("valid by today's contract", 1, 1),
        ("not UTF-8", 1, 0),
        ("not JSON: Expecting property name enclosed in double quotes", 1, 0),
    ]


def test_chosen_records_are_sent_as_they_were_and_move(lake: Lake) -> None:
    lake.put("a", line(GOOD), line(BAD))
    lake.put("b", line(GOOD))
    chosen = [record for record in lake.read() if record.event is not None]
    assert lake.replay(chosen) == (2, True)
    assert lake.stream == [Record(1357035420, "2013-01-01-UA-1-EWR", "replayed", GOOD)] * 2
    assert lake.lines(ERRORS) == [line(BAD)]
    assert lake.lines(REPLAYED) == [line(GOOD)] * 2
    assert lake.replay(chosen) == (0, True), "the same choice once more sends nothing"
    assert len(lake.stream) == 2


def test_a_record_without_a_known_flight_can_be_sent_too(lake: Lake) -> None:
    lake.put("a", line(WORSE))
    assert lake.replay(lake.read()) == (1, True)
    assert lake.stream == [Record(1357035420, "quarantine", "replayed", WORSE)]
    assert lake.read() == []


def test_records_with_the_same_line_are_different_records(lake: Lake) -> None:
    lake.put("a", line(GOOD), line(GOOD), line(GOOD))
    assert lake.replay(lake.read()[:1]) == (1, True)
    assert len(lake.read()) == 2


def test_what_the_stream_did_not_take_stays(lake: Lake) -> None:
    lake.put("a", line(GOOD))
    lake.takes = False
    assert lake.replay(lake.read()) == (0, False)
    assert lake.lines(ERRORS) == [line(GOOD)]
    assert lake.lines(REPLAYED) == []


@pytest.mark.parametrize("step", ["put_object", "delete_object"])
def test_a_replay_that_broke_off_can_be_repeated(lake: Lake, step: str) -> None:
    lake.put("a", line(GOOD), line(BAD.replace(b"EWR-c", b"EWR-d")))
    whole = lake.s3

    class Breaking:
        """S3 that fails at one operation."""

        def __getattr__(self, name: str) -> Any:
            if name == step:
                raise ConnectionError("broken off")
            return getattr(whole, name)

    chosen = lake.read()
    lake.s3 = Breaking()
    with pytest.raises(ConnectionError):
        lake.replay(chosen)
    lake.s3 = whole
    lake.replay(lake.read())
    assert lake.lines(ERRORS) == []
    assert Counter(lake.lines(REPLAYED)) == Counter(record.line for record in chosen)
    assert len(lake.stream) == (4 if step == "put_object" else 2), "sent twice only when it could not be remembered"


def test_the_commands_list_by_cause_and_replay_what_is_valid_now(
    cloud: LocalCloud, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName="flights", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="flights", WaiterConfig={"Delay": 1})
    lake.put("a", line(GOOD, "response over 6 MB"), line(BAD), line(WORSE))
    runner = CliRunner()

    here = ["--bucket", "lake", "--dataset", "flights"]
    listed = runner.invoke(app, ["list", *here])
    assert listed.exit_code == 0, listed.output
    assert "flight: expected int" in listed.stdout
    assert "3 quarantined records" in listed.stdout
    as_json = runner.invoke(app, ["list", *here, "--json", "--reason", "6 MB"]).stdout
    (document,) = [json.loads(row) for row in as_json.splitlines()]
    assert document["data"].encode() == GOOD
    assert document["valid"] is True

    where = [*here, "--stream", "flights"]
    replayed = runner.invoke(app, ["replay", *where])
    assert replayed.exit_code == 0, replayed.output
    assert "1 of 1 records sent again to flights; 2 stay" in replayed.stderr
    everything = runner.invoke(app, ["replay", "--all", *where])
    assert "2 of 2 records sent again" in everything.stderr
    iterator = kinesis.get_shard_iterator(
        StreamName="flights", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    held = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert [item["Data"] for item in held] == [GOOD, BAD, WORSE]
    assert lake.lines(ERRORS) == []
