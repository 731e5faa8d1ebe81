"""`mlref smoke`: green when a flight goes through, red with a sentence at the hop that is broken."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from cli.deployment import outputs
from cli.errors import UserError
from cli.local import finish_synth, start_synth
from cli.main import app
from cli.smoke import Smoke
from cli.steps import Steps
from localcloud import LocalCloud
from localcloud.assembly import deploy
from processing.features import DATASET
from processing.records import RecordReader
from processing.sagemaker import inference

pytestmark = pytest.mark.xdist_group("deployed")


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assembly") / "default"
    finish_synth(start_synth(folder))
    return folder


@pytest.fixture
def deployed(cloud: LocalCloud, assembly: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    return deploy(assembly, cloud)


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


def test_event_that_does_not_arrive_is_told(cloud: LocalCloud, deployed: dict[str, dict[str, str]]) -> None:
    """Though an earlier test's is there."""
    assert smoke("--no-prediction").exit_code == 0
    name = deployed["mlref-StreamIngest"]["DeliveryStreamName"]
    cloud.client("firehose").delete_delivery_stream(DeliveryStreamName=name)
    result = CliRunner().invoke(app, ["smoke", "--wait", "3"])
    assert isinstance(result.exception, UserError)
    assert "nothing came (after 3 s)" in str(result.exception)


def test_row_that_athena_does_not_find_is_told(
    cloud: LocalCloud, deployed: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.lakehouse.crawl", lambda names: None)
    result = smoke()
    assert isinstance(result.exception, UserError)
    assert "Athena finds no row" in str(result.exception)


def test_missing_stream_is_a_sentence(cloud: LocalCloud, deployed: dict[str, dict[str, str]]) -> None:
    cloud.client("kinesis").delete_stream(StreamName=deployed["mlref-StreamIngest"]["EventStreamName"])
    result = smoke()
    assert isinstance(result.exception, UserError)
    assert "AWS refused" in str(result.exception)


def test_nothing_deployed_is_a_sentence(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    result = smoke()
    assert isinstance(result.exception, UserError)
    assert "is not deployed" in str(result.exception)


def test_endpoint_that_failed_is_told(deployed: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(name: str) -> dict[str, Any]:
        return {"name": name, "status": "Failed", "reason": "no capacity"}

    monkeypatch.setattr("cli.endpoint.describe", failed)
    result = smoke()
    assert isinstance(result.exception, UserError)
    assert "is Failed: no capacity" in str(result.exception)


def test_event_alone_is_a_request_that_the_model_takes() -> None:
    """Read as the endpoint's own code reads it; weather, plane and rates are missing, which they may be."""
    request = inference.input_fn(Smoke(outputs(), Steps(Console()), 1).request, "application/json")
    seen = {name: frozenset({request.rows[0][name]}) for name in DATASET.known_by}  # by any training of some days
    columns = RecordReader(DATASET, seen).objects(request.rows)
    assert list(columns["carrier"]) == ["UA"]
    assert np.isnan(columns["temp"]).all()
