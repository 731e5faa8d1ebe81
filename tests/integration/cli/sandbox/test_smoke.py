"""`mlref smoke`: green when a flight goes through, red with a sentence at the hop that is broken."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from cli.console import Console
from cli.deployment import outputs
from cli.errors import UserError
from cli.main import app
from cli.sandbox.smoke import Smoke
from cli.steps import Steps
from datasets.flights.features import DATASET
from localcloud import LocalCloud
from localcloud.assembly import deploy
from processing.records import RecordReader
from processing.sagemaker import inference


@pytest.fixture(scope="module")
def deployed(session_cloud: LocalCloud, synthesized: Any) -> Iterator[dict[str, dict[str, str]]]:
    session_cloud.reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", session_cloud.endpoint)
        yield deploy(synthesized(), session_cloud)


def smoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["smoke", "--wait", "60", *arguments], env={"COLUMNS": "200"})


def test_one_flight_in_one_row_out_twice(deployed: dict[str, dict[str, str]]) -> None:
    first = smoke()
    assert first.exit_code == 0, first.output
    assert "raw/flight_events/event_type=departure/event_date=2013-01-01/" in first.output
    assert "flight_events has its row" in first.output
    assert "no endpoint serves yet" in first.output
    again = smoke("--no-prediction")
    assert again.exit_code == 0, again.output
    assert "of 2 tests by now" in again.output
    assert "predict" not in again.output


@pytest.mark.usefixtures("deployed")
def test_event_alone_is_a_request_that_the_model_takes() -> None:
    """Read as the endpoint's own code reads it; weather, plane and rates are missing, which they may be."""
    request = inference.read(Smoke(outputs(), Steps(Console()), 1).request, "application/json")
    seen = {name: frozenset({request.rows[0][name]}) for name in DATASET.known_by}  # by any training of some days
    columns = RecordReader(DATASET, seen).objects(request.rows)
    assert list(columns["carrier"]) == ["UA"]
    assert np.isnan(columns["temp"]).all()


def test_hop_that_is_broken_is_told(
    session_cloud: LocalCloud, deployed: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, from the last to the first; the flights of earlier tests are there."""

    def refusal(*arguments: str) -> str:
        error = smoke(*arguments).exception
        assert isinstance(error, UserError), error
        return str(error)

    failed = {"name": "flights", "status": "Failed", "reason": "no capacity"}
    monkeypatch.setattr("cli.model.hosting.describe", lambda name: failed)
    assert "is Failed: no capacity" in refusal()

    glue, database = session_cloud.client("glue"), deployed["mlref-Foundation"]["DatabaseName"]
    crawled = glue.get_partitions(DatabaseName=database, TableName="flight_events")["Partitions"]
    values = [{"Values": item["Values"]} for item in crawled]
    glue.batch_delete_partition(DatabaseName=database, TableName="flight_events", PartitionsToDelete=values)
    monkeypatch.setattr("cli.lake.lakehouse.crawl", lambda names: None)
    assert "Athena finds no row" in refusal()

    ingest = deployed["mlref-StreamIngest"]
    session_cloud.client("firehose").delete_delivery_stream(DeliveryStreamName=ingest["DeliveryStreamName"])
    assert "nothing came (after 3 s)" in refusal("--wait", "3")

    session_cloud.client("kinesis").delete_stream(StreamName=ingest["EventStreamName"])
    assert "AWS refused" in refusal()


def test_nothing_deployed_is_a_sentence(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    result = smoke()
    assert isinstance(result.exception, UserError)
    assert "is not deployed" in str(result.exception)
