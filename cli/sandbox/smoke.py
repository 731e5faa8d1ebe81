"""``mlref smoke``: one event in, one row out, one prediction: does the deployment work?"""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.console import Console
from cli.deployment import Outputs, outputs
from cli.errors import UserError
from cli.steps import Steps
from cli.waiting import until

LOOK_SECONDS = 1.0  # each look reads what has come to the lake since the beginning
BEHIND = "what to look at: the alarms and dashboard of docs/deploy.md"


def smoke(
    *,
    wait: Annotated[float, typer.Option(min=1, help="seconds for each step, Firehose's buffer included")] = 900,
    prediction: Annotated[bool, typer.Option(help="ask the endpoint too, if one serves")] = True,
) -> None:
    """Send one event of the dataset, find it in the lake, ask Athena for its row and the endpoint about it.

    A few minutes and about 15 cents on AWS, most of it the crawl. The event is the first of the year; sending it again
    does no harm, for the curated table has a key once. Exit status 1 at the first step that does not end as it should.

    Examples:

      mlref smoke

      mlref smoke --no-prediction --wait 300
    """
    test = Smoke(outputs(), Steps(Console()), wait)
    for name, doing, work in test.steps_to_take(prediction=prediction):
        with test.steps.step(name, doing) as step:
            step.result = work()


class Smoke:
    """One event on its way."""

    def __init__(self, names: Outputs, steps: Steps, wait: float) -> None:
        from datasets.parts import producer  # noqa: PLC0415 - keeps `--help` fast

        self.names = names
        self.steps = steps
        self._wait = wait
        self._record = next(producer(names.dataset).replay([1]))
        self._event: dict[str, Any] = json.loads(self._record.data)
        self._began = datetime.now(UTC)

    def steps_to_take(self, *, prediction: bool) -> tuple[tuple[str, str, Callable[[], str]], ...]:
        """Name, what is done meanwhile, and the work, which returns the line for the screen."""
        steps = (
            ("send", "one event to the stream", self.send),
            ("deliver", "waiting for Firehose to write it to the lake", self.deliver),
            ("catalog", "crawling the events", self.catalog),
            ("query", "asking Athena for its row", self.query),
        )
        return (*steps, ("predict", "asking the endpoint", self.predict)) if prediction else steps

    def send(self) -> str:
        client = _client("kinesis")
        self._began = datetime.now(UTC)
        answer = _refusals(
            lambda: client.put_record(
                StreamName=self.names.event_stream, Data=self._record.data, PartitionKey=self._record.key
            )
        )
        return f"{self._event['event_id']} is in {answer['ShardId']}"

    def deliver(self) -> str:
        """The event lies in an object that is newer than this test."""
        s3 = _client("s3")
        folder = f"s3://{self.names.lake_bucket}/{self._folder}"
        key: str = until(
            lambda: _refusals(lambda: self._delivered(s3)),
            self._wait,
            lambda: f"no object under {folder} had the event; {BEHIND}; nothing came",
            LOOK_SECONDS,
        )
        return key

    def catalog(self) -> str:
        from cli.lake.lakehouse import crawl  # noqa: PLC0415

        _refusals(lambda: crawl([self.names.events_crawler]))
        return "its partition is in the catalog"

    def query(self) -> str:
        from cli.lake.athena import run_query  # noqa: PLC0415

        table = self._table.name
        # The value is our own event's
        sql = f"SELECT count(*) FROM {table} WHERE event_id = '{self._event['event_id']}'"  # noqa: S608
        result = _refusals(lambda: run_query(sql, self.names.work_group, self.names.database))
        rows = int(result.rows[0][0] or 0)
        if rows == 0:
            raise UserError(f"the event is in the lake, and Athena finds no row of it in {table}: {BEHIND}")
        return f"{table} has its row" if rows == 1 else f"{table} has its row, of {rows} tests by now"

    def predict(self) -> str:
        from cli.model.hosting import describe  # noqa: PLC0415
        from cli.model.runtime import Runtime  # noqa: PLC0415

        try:
            endpoint = describe(self.names.endpoint)
        except UserError as error:
            if "there is no endpoint" not in str(error):
                raise
            return "no endpoint serves yet: approve a model, and run this again"
        if endpoint["status"] not in ("InService", "Updating"):
            raise UserError(f"endpoint {endpoint['name']} is {endpoint['status']}: {endpoint['reason']}")
        (answer,) = Runtime(endpoint["name"]).ask(self.request).predictions
        shown = (f"{told:.3g}" if isinstance(told, float) else str(told).lower() for told in answer.values())
        return ", ".join(f"{name} {told}" for name, told in zip(answer, shown, strict=True))

    @property
    def request(self) -> bytes:
        """To the endpoint: what the event says; the model takes the rest as missing."""
        from cli.model.rows import features_of  # noqa: PLC0415

        inputs = features_of(self.names.dataset).inputs
        return json.dumps({name: self._event[name] for name in inputs if name in self._event}).encode()

    @property
    def _table(self) -> Any:
        from contracts import load  # noqa: PLC0415

        return load(self.names.dataset).events

    @property
    def _folder(self) -> str:
        """Of the event's partition."""
        values = {"event_type": self._event["event_type"], "event_date": self._event["event_time"][:10]}
        partition = "".join(f"{key.name}={values[key.name]}/" for key in self._table.partition_keys)
        return f"{self._table.location}/{partition}"

    def _delivered(self, s3: Any) -> str | None:
        import pyarrow.parquet as pq  # noqa: PLC0415

        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.names.lake_bucket, Prefix=self._folder):
            for item in page.get("Contents", ()):
                # S3's times have no fractions
                if item["LastModified"] < self._began.replace(microsecond=0):
                    continue
                body = s3.get_object(Bucket=self.names.lake_bucket, Key=item["Key"])["Body"].read()
                ids = pq.read_table(io.BytesIO(body), columns=["event_id"])["event_id"].to_pylist()
                if self._event["event_id"] in ids:
                    return str(item["Key"])
        return None


def _client(service: str) -> Any:
    import boto3  # noqa: PLC0415

    return boto3.client(service)


def _refusals(call: Callable[[], Any]) -> Any:
    """What the call returns; what a service refuses becomes a UserError."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return call()
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"AWS refused: {error}") from error
