"""Records through an event source mapping against reading and invoking by hand, and against ten and thirty times more.

Both do the same: read a shard in batches of a thousand, make the event, call the function, until it has all.
"""

import base64
import io
import json
import os
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from benchmarks.measure import Ratio
from localcloud import LocalCloud

BATCH = 1000
FEW = 2000  # records; ten and thirty times as many to see whether each costs the same
DATA = json.dumps({"flight": "UA 1", "note": "x" * 200}).encode()
# It notes a byte a record, so that its end can be seen from outside
CODE = (
    "import os\n"
    "def handler(event, context):\n"
    "    with open(os.environ['NOTES'], 'a') as notes:\n"
    "        notes.write('.' * len(event['Records']))\n"
)


class Bench:
    """A function, and streams that are full."""

    def __init__(self, cloud: LocalCloud, notes: Path) -> None:
        self._kinesis, self._lambda = cloud.client("kinesis"), cloud.client("lambda")
        self._notes = notes
        role = cloud.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr("index.py", CODE)
        self._lambda.create_function(
            FunctionName="probe",
            Role=role,
            Runtime="python3.13",
            Handler="index.handler",
            Code={"ZipFile": sink.getvalue()},
            Environment={"Variables": {"NOTES": str(notes)}},
        )
        self._lambda.invoke(FunctionName="probe", Payload=b'{"Records": []}')  # warm

    def fill(self, name: str, records: int) -> str:
        """The ARN of a new stream."""
        self._kinesis.create_stream(StreamName=name, ShardCount=1)
        for start in range(0, records, 500):
            entries = [{"Data": DATA, "PartitionKey": "k"} for _ in range(min(500, records - start))]
            self._kinesis.put_records(StreamName=name, Records=entries)
        arn: str = self._kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
        return arn

    def by_mapping(self, arn: str, records: int) -> float:
        """Seconds from the creation of a mapping until the function has had all records."""
        self._notes.unlink(missing_ok=True)
        began = time.perf_counter()
        self._lambda.create_event_source_mapping(
            EventSourceArn=arn, FunctionName="probe", StartingPosition="TRIM_HORIZON", BatchSize=BATCH
        )
        while not self._notes.exists() or self._notes.stat().st_size < records:
            time.sleep(0.002)
        return time.perf_counter() - began

    def by_hand(self, arn: str, records: int) -> float:
        """Seconds of GetRecords and Invoke in turns."""
        began = time.perf_counter()
        name = arn.rpartition("/")[2]
        start = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
        iterator = self._kinesis.get_shard_iterator(StreamName=name, **start)["ShardIterator"]
        while records > 0:
            answer = self._kinesis.get_records(ShardIterator=iterator, Limit=BATCH)
            iterator = answer["NextShardIterator"]
            records -= len(answer["Records"])
            event = {"Records": [_event(record, arn) for record in answer["Records"]]}
            self._lambda.invoke(FunctionName="probe", Payload=json.dumps(event).encode())
        return time.perf_counter() - began


def _event(record: dict[str, Any], arn: str) -> dict[str, Any]:
    return {
        "kinesis": {
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
        },
        "eventSource": "aws:kinesis",
        "eventSourceARN": arn,
    }


def measure() -> list[Ratio]:
    """Records a second, and seconds a record when there are more."""
    with LocalCloud() as cloud, tempfile.TemporaryDirectory() as folder:
        bench = Bench(cloud, Path(folder, "notes"))
        much = 10 * FEW
        arn = bench.fill("hand", much)
        hand = min(bench.by_hand(arn, much) for _ in range(3))
        taken = {}
        for times in (1, 10, 30):
            streams = [bench.fill(f"s{times}-{number}", times * FEW) for number in range(3)]
            taken[times] = min(bench.by_mapping(stream, times * FEW) for stream in streams)
    each = {times: 1e6 * seconds / (times * FEW) for times, seconds in taken.items()}
    how = f"{much:,} records of {len(DATA)} bytes in batches of {BATCH:,}, one shard; best of 3"
    grown = f"{FEW:,} records and more, best of 3; on {os.cpu_count()} cores"
    name = "event source mapping"
    by_hand = "GetRecords and Invoke by hand"
    return [
        Ratio(name, much / taken[10], by_hand, much / hand, "records/s", "≥ 0.8", how),
        Ratio(f"{name}, 10 times", each[10], "once", each[1], "µs/record", "≤ 1.05", grown),
        Ratio(f"{name}, 30 times", each[30], "once", each[1], "µs/record", "≤ 1.05", grown),
    ]
