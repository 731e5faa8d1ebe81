"""`mlref predict`, `traffic` and `endpoint` against an endpoint that serves a model of real flights."""

import csv
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.errors import UserError
from cli.main import app
from cli.model import runtime
from contracts import load
from localcloud import LocalCloud
from processing.sagemaker import inference
from tests.integration.datasets.flights.curated_days import publish
from tests.integration.endpoints.hall import BUCKET, Hall, variant
from tests.unit.processing.sagemaker.support import Jobs, curated, event, write_curated

pytestmark = pytest.mark.xdist_group("serving")

FLIGHTS = load("flights").curated
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
FAST = ("--num_round", "10", "--eta", "0.3")
ENDPOINT = "mlref-flights"
KEY = "2013-01-12/UA/785/EWR"

# Every second request throws
SHAKY = """
import itertools, json
turn = itertools.count()
def model_fn(model_dir):
    return None
def input_fn(body, content_type):
    return json.loads(body)
def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
def predict_fn(data, model):
    if next(turn) % 2:
        raise KeyError("carrier")
    return {"predictions": [{"probability": 0.5, "late": True}]}
"""
BROKEN = SHAKY.replace("next(turn) % 2", "True")
SLOW = """
import json, time
def model_fn(model_dir):
    return None
def input_fn(body, content_type):
    return json.loads(body)
def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
def predict_fn(data, model):
    time.sleep(0.2)
    return {"predictions": [{"probability": 0.5, "late": True}]}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a model: output/model.tar.gz, and model/ that it was made of."""
    folder = tmp_path_factory.mktemp("trained")
    jobs = Jobs(folder)
    days = write_curated(curated("2013-01-08", "2013-01-28"), folder / "curated")
    prepared = jobs.processing("preprocess", "preprocess", "--temporal-days", "3", inputs={"curated": days})
    channels = {name: prepared.output(name) for name in ("train", "validation", "artifacts")}
    return jobs.training("train", *FAST, channels=channels).root


@pytest.fixture
def hall(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """Models, and clients of this process that talk to their cloud."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setattr(runtime, "FIRST_PAUSE_SECONDS", 0.001)
    names = SimpleNamespace(dataset="flights", endpoint=ENDPOINT, work_group="analysts", database="lake")
    for module in ("predict", "traffic", "endpoint"):
        monkeypatch.setattr(f"cli.model.{module}.outputs", lambda: names)
    return Hall(cloud)


@pytest.fixture
def lake(hall: Hall, tmp_path: Path) -> Hall:
    """Three days of the curated table in the catalog."""
    publish(hall.cloud, tmp_path, "2013-01-11", "2013-01-13")
    return hall


def serve(hall: Hall, model: str, **more: Any) -> None:
    hall.endpoint(hall.config("first", variant(model), **more), ENDPOINT)


@pytest.fixture
def serving(lake: Hall, trained: Path) -> Hall:
    """The trained model at the endpoint, every request captured."""
    lake.model_of("trained", (trained / "output" / "model.tar.gz").read_bytes())
    serve(
        lake,
        "trained",
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        },
    )
    return lake


def run(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(app, arguments, **more)


def answers(*arguments: str, **more: Any) -> list[dict[str, Any]]:
    done = run(*arguments, "--json", **more)
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def refusal(*arguments: str) -> str:
    """The sentence that the command ends with."""
    error = run(*arguments).exception
    assert isinstance(error, UserError), error
    return str(error)


def score(trained: Path, rows: Any) -> list[float]:
    """What the model says offline."""
    model = inference.model_fn(str(trained / "model"))
    requests = [event(row) for _, row in rows.iterrows()]
    return [item["probability"] for item in inference.predict(inference.Request(requests, fields=False), model)]


@pytest.mark.usefixtures("serving")
def test_flights_events_and_files_get_the_models_own_predictions(trained: Path, tmp_path: Path) -> None:
    day = curated("2013-01-12", "2013-01-12")
    united = day[(day["carrier"] == "UA") & (day["origin"] == "EWR") & (day["flight"] == 785)]
    (expected,) = score(trained, united)

    (found,) = answers("predict", "--key", KEY)
    assert found == {"key": KEY, "probability": pytest.approx(expected, abs=1e-6), "late": expected >= 0.5,
                     "variant": "AllTraffic"}  # fmt: skip
    request = json.dumps(event(united.iloc[0]))
    for (alone,) in (answers("predict", request), answers("predict", "-", input=request)):
        assert alone["probability"] == found["probability"]
    shown = run("predict", "--key", KEY).stdout
    assert KEY in shown
    assert f"{expected:.3f}" in shown

    rows = day.head(600)  # more than one request
    expected_all = pytest.approx(score(trained, rows), abs=1e-6)
    events = [event(row) for _, row in rows.iterrows()]
    (tmp_path / "rows.json").write_text(json.dumps(events))
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(item) for item in events))
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*events[0], "note"])
        writer.writeheader()
        writer.writerows([item | {"note": "ignored"} for item in events])
    for name in ("rows.json", "rows.jsonl", "rows.csv"):
        found_all = answers("predict", "--file", str(tmp_path / name))
        assert [item["probability"] for item in found_all] == expected_all, name
        assert [item["row"] for item in found_all] == list(range(600))


@pytest.mark.usefixtures("serving")
def test_a_bad_request_ends_with_the_models_reason(tmp_path: Path) -> None:
    assert refusal("predict", "") == "the model refuses the request: the request is empty"
    assert refusal("predict", "{'carrier'").startswith("the model refuses the request: not JSON: ")
    assert "carrier: required, missing" in refusal("predict", "{}")
    good = event(curated("2013-01-12", "2013-01-12").iloc[0])
    assert "dep_delay: known only after the prediction" in refusal("predict", json.dumps(good | {"dep_delay": 3}))
    (tmp_path / "rows.json").write_text(json.dumps([good] * 503 + [good | {"distance": "far"}]))
    told = refusal("predict", "--file", str(tmp_path / "rows.json"))
    assert told == (
        "of 4 rows from row 500 on: the model refuses the request: row 3: distance: expected int, got string 'far'"
    )
    (tmp_path / "rows.json").write_text("[]")
    assert "has no events" in refusal("predict", "--file", str(tmp_path / "rows.json"))
    assert "no row 2013-01-12/ZZ/1/EWR" in refusal("predict", "--key", "2013-01-12/ZZ/1/EWR")


def test_traffic_is_departures_with_their_keys_and_nothing_known_later(serving: Hall, trained: Path) -> None:
    (facts,) = answers("traffic", "--days", "2013-01-11..2013-01-12", "--rows", "150")
    assert (facts["requests"], facts["answered"], facts["errors"]) == (150, 150, {})
    assert facts["variants"] == {"AllTraffic": 150}
    assert 0 < facts["p50_ms"] <= facts["p99_ms"]

    def captured() -> list[dict[str, Any]]:
        listed = serving.s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/").get("Contents", ())
        bodies = [serving.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read() for item in listed]
        return [json.loads(line) for body in bodies for line in body.splitlines()]

    deadline = time.monotonic() + 60
    while len(lines := captured()) < 150:
        assert time.monotonic() < deadline, len(lines)
        time.sleep(0.1)
    frame = curated("2013-01-11", "2013-01-12")
    keys = frame["flight_date"].astype(str) + "/" + frame["carrier"] + "/" + frame["flight"].astype(str)
    frame = frame.assign(key=keys + "/" + frame["origin"]).set_index("key")
    asked = frame.loc[[line["eventMetadata"]["inferenceId"] for line in lines]]
    assert len(set(asked.index)) == 150
    assert not asked["cancelled"].any(), "a cancelled flight never leaves"
    scores = score(trained, asked)
    told = [json.loads(line["captureData"]["endpointOutput"]["data"])["predictions"][0] for line in lines]
    assert [item["probability"] for item in told] == pytest.approx(scores, abs=1e-6)
    assert facts["mean_prediction"] == pytest.approx(sum(scores) / 150, abs=1e-4)
    late = {column.name for column in FLIGHTS.columns if column.leaks or column.label}
    for line in lines:
        assert not late & set(json.loads(line["captureData"]["endpointInput"]["data"]))

    again = answers("traffic", "--days", "2013-01-11..2013-01-12", "--rows", "150")[0]
    other = answers("traffic", "--days", "2013-01-11..2013-01-12", "--rows", "150", "--seed", "8")[0]
    assert again["mean_prediction"] == facts["mean_prediction"] != other["mean_prediction"]
    day = curated("2013-01-11", "2013-01-11")
    left = len(day) - day["cancelled"].sum()
    assert left < len(day)
    done = run("traffic", "--days", "2013-01-11")
    assert f"{left} requests in" in done.stderr
    assert f"{left} by AllTraffic" in done.stderr
    assert "no departures from 2013-05-01 to 2013-05-31" in refusal("traffic", "--months", "5")


@pytest.mark.usefixtures("lake")
def test_a_fault_that_passes_is_asked_again(lake: Hall) -> None:
    serve(lake, lake.model("shaky", SHAKY))
    (facts,) = answers("traffic", "--days", "2013-01-11", "--rows", "40", "--concurrency", "1")
    assert (facts["answered"], facts["errors"]) == (40, {})
    assert facts["retried"] >= 20


def test_a_fault_that_stays_is_counted_and_the_command_fails(lake: Hall) -> None:
    serve(lake, lake.model("broken", BROKEN))
    done = run("traffic", "--days", "2013-01-11", "--rows", "10")
    assert done.exit_code == 1
    assert str(done.exception) == "10 of 10 requests got no answer"
    assert "10 errors: " in done.stderr
    assert "the model failed, its log /aws/sagemaker/Endpoints/mlref-flights says why" in done.stderr


@pytest.fixture
def first_request(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set when a request is about to be sent."""
    begun, original = threading.Event(), runtime.Runtime.ask

    def ask(*arguments: Any) -> Any:
        begun.set()
        return original(*arguments)

    monkeypatch.setattr(runtime.Runtime, "ask", ask)
    yield begun
    begun.set()


def soon_after(event: threading.Event, action: Callable[[], object]) -> None:
    """In a thread of its own: wait for the event, and do it half a second later."""

    def wait() -> None:
        event.wait(60)
        time.sleep(0.5)
        action()

    threading.Thread(target=wait).start()


def test_ctrl_c_ends_traffic_with_its_account(lake: Hall, first_request: threading.Event) -> None:
    serve(lake, lake.model("slow", SLOW))
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)  # by xdist, in its workers
    try:
        main = threading.main_thread().ident or 0
        soon_after(first_request, lambda: signal.pthread_kill(main, signal.SIGINT))
        done = run("traffic", "--days", "2013-01-11..2013-01-13", "--rate", "10")
    finally:
        signal.signal(signal.SIGINT, ignored)
    assert done.exit_code == 130, f"{done.output} {done.exception}"
    assert done.stderr.startswith("Stopped: ")


def test_an_endpoint_that_goes_away_ends_traffic(lake: Hall, first_request: threading.Event) -> None:
    serve(lake, lake.model("slow", SLOW))
    soon_after(first_request, lambda: lake.client.delete_endpoint(EndpointName=ENDPOINT))
    done = run("traffic", "--days", "2013-01-11..2013-01-13", "--rate", "10")
    assert done.exit_code == 1
    assert "there is no endpoint mlref-flights" in str(done.exception)
    assert " answered" in done.stderr


@pytest.mark.usefixtures("lake")
def test_without_an_endpoint_every_command_says_the_fix() -> None:
    for command in (
        ["predict", "{}"],
        ["predict", "--key", KEY],
        ["traffic", "--days", "2013-01-11"],
        ["endpoint", "status"],
        ["endpoint", "delete", "--yes"],
    ):
        told = refusal(*command)
        assert told.startswith("there is no endpoint mlref-flights: "), command
        assert "mlref models approve" in told


def test_status_says_who_serves_and_delete_ends_it(hall: Hall) -> None:
    hall.model("times-10", times=10)
    hall.model("times-20", times=20)
    hall.endpoint(
        hall.config(
            "both",
            variant("times-10", "Champion", InitialVariantWeight=3.0),
            variant("times-20", "Challenger", count=2, InitialVariantWeight=1.0),
        ),
        ENDPOINT,
    )
    scaling = hall.cloud.client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{ENDPOINT}/variant/Champion",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)

    (told,) = answers("endpoint", "status")
    assert (told["name"], told["status"], told["capture"]) == (ENDPOINT, "InService", None)
    assert told["variants"] == [
        {"name": "Champion", "model": "times-10", "version": "", "share": 0.75, "capacity": "1 instances"},
        {"name": "Challenger", "model": "times-20", "version": "", "share": 0.25, "capacity": "2 instances"},
    ]
    shown = run("endpoint", "status").stdout
    assert "InService" in shown
    assert "75%" in shown

    kept = run("endpoint", "delete", input="n\n")
    assert kept.exit_code == 1
    assert hall.describe(ENDPOINT)["EndpointStatus"] == "InService"
    assert run("endpoint", "delete", input="y\n").exit_code == 0
    assert hall.client.list_endpoints()["Endpoints"] == []
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
    assert "there is no endpoint" in refusal("endpoint", "status")


def test_a_failed_endpoint_says_why(hall: Hall) -> None:
    serve(hall, hall.model("bad", broken=True))
    (told,) = answers("endpoint", "status")
    assert told["status"] == "Failed"
    assert told["reason"]
    assert told["reason"].split(".")[0] in " ".join(run("endpoint", "status").stdout.split())
    assert run("endpoint", "delete", "--yes").exit_code == 0
