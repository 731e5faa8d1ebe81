"""The project's train.py and inference.py run by AWS's own toolkits, as in SageMaker's containers."""

import http.client
import io
import json
import tarfile
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xgboost as xgb

from benchmarks import toolkit
from processing.sagemaker import inference
from processing.sagemaker.tables import MODEL_FILE
from stacks.parts.bundle import training_source
from tests.integration.endpoints.hall import Hall, variant
from tests.unit.processing.sagemaker.support import Jobs, curated, event, write_curated

HYPERPARAMETERS = {"objective": "binary:logistic", "num_round": "20", "early_stopping_rounds": "5", "nthread": "1"}
CHANNELS = ("train", "validation", "artifacts")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The channels of a training job, from four weeks of flights."""
    folder = tmp_path_factory.mktemp("prepared")
    flights = write_curated(curated("2013-01-08", "2013-02-04"), folder / "flights")
    done = Jobs(folder).processing("preprocess", "preprocess", inputs={"curated": flights})
    return {name: done.output(name) for name in CHANNELS}


@pytest.fixture(scope="module")
def base(prepared: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """/opt/ml after a training by sagemaker-training of what the stacks upload."""
    folder = tmp_path_factory.mktemp("ml")
    with training_source() as source:
        log = toolkit.train(folder, source, prepared, HYPERPARAMETERS)
    assert "Invoking user script" in log
    assert "validation-auc:" in log
    return folder


@pytest.fixture(scope="module")
def url(base: Path) -> Iterator[str]:
    with toolkit.serve(base) as found:
        yield found


@pytest.fixture(scope="module")
def flights() -> list[dict[str, Any]]:
    return [event(row) for _, row in curated("2013-02-05", "2013-02-05").head(50).iterrows()]


def _ask(url: str, body: Any, kind: str = "application/json", accept: str = "*/*") -> tuple[int, str]:
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=60)
    data = body if isinstance(body, str) else json.dumps(body)
    connection.request("POST", place.path, data, {"Content-Type": kind, "Accept": accept})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_our_executor_trains_the_model_that_the_toolkit_trains(
    base: Path, prepared: dict[str, Path], tmp_path: Path
) -> None:
    given = [word for name, value in HYPERPARAMETERS.items() for word in (f"--{name}", value)]
    ours = Jobs(tmp_path).training("ours", *given, channels=prepared).root / "model"
    files = {path.relative_to(ours).as_posix() for path in ours.rglob("*") if path.is_file()}
    assert files == {
        path.relative_to(base / "model").as_posix()
        for path in (base / "model").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    one, other = (json.loads((folder / MODEL_FILE).read_text()) for folder in (ours, base / "model"))
    assert one["learner"]["gradient_booster"] == other["learner"]["gradient_booster"]
    assert (ours / "features.json").read_text() == (base / "model" / "features.json").read_text()
    assert xgb.Booster(model_file=base / "model" / MODEL_FILE).num_boosted_rounds() > 1


def test_the_toolkit_predicts_what_our_endpoint_and_the_handlers_predict(
    base: Path, url: str, flights: list[dict[str, Any]], hall: Hall
) -> None:
    model = inference.model_fn(str(base / "model"))
    asked = inference.input_fn(json.dumps(flights), "application/json")
    alone = [row["probability"] for row in inference.predict_fn(asked, model)]
    assert max(alone) - min(alone) > 0.1, "a constant proves nothing"

    status, text = _ask(url, flights)
    assert status == 200, text
    assert [row["probability"] for row in json.loads(text)["predictions"]] == pytest.approx(alone, abs=1e-6)

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        archive.add(base / "model", ".")
    hall.endpoint(hall.config("first", variant(hall.model_of("flights", packed.getvalue()))))
    answer = hall.predict(flights)["predictions"]
    assert [row["probability"] for row in answer] == pytest.approx(alone, abs=1e-6)
    assert answer == pytest.approx(json.loads(text)["predictions"])


@pytest.mark.parametrize(
    ("change", "headers", "refusal"),
    [
        ({"temp": "warm"}, {}, (400, "temp: expected double, got string 'warm'")),
        ({"dep_delay": 12}, {}, (400, "known only after the prediction is made")),
        ("{", {}, (400, "not JSON")),
        ({}, {"kind": "application/xml"}, (415, "content type 'application/xml'")),
        ({}, {"accept": "image/png"}, (406, "accept 'image/png'")),
    ],
)
def test_a_bad_request_has_the_same_status_and_reason(
    url: str, flights: list[dict[str, Any]], change: Any, headers: dict[str, str], refusal: tuple[int, str]
) -> None:
    body = {**flights[0], **change} if isinstance(change, dict) else change
    status, text = _ask(url, body, **headers)
    assert status == refusal[0], text
    assert refusal[1] in text.splitlines()[0]
    assert _ask(url, flights[0])[0] == 200, "it goes on serving"
