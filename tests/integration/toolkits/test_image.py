"""The project's jobs and model run by the code of AWS's images, without network; and here, with the same results."""

import http.client
import io
import json
import tarfile
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import xgboost as xgb
from botocore.exceptions import ClientError

from benchmarks import image, toolkit
from benchmarks.image import Container
from datasets.flights.features import DATASET
from localcloud import LocalCloud
from processing.sagemaker import inference
from processing.sagemaker.tables import FEATURES_FILE, MODEL_FILE
from stacks.parts.bundle import NOT_FOR_JOBS, job_library, training_source
from tests.integration.endpoints.hall import ENVIRONMENT, Hall, variant
from tests.unit.processing.sagemaker.support import Jobs, curated, event, write_curated

HYPERPARAMETERS = {"objective": "binary:logistic", "num_round": "20", "early_stopping_rounds": "5", "nthread": "1"}
JSON = "application/json"
CHANNELS = ("train", "validation", "artifacts")


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four weeks of flights, as the curated table."""
    return write_curated(curated("2013-01-08", "2013-02-04"), tmp_path_factory.mktemp("curated") / "flights")


@pytest.fixture(scope="module")
def prepared(flights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outputs of preprocess.py, run in the image from the library that the stacks upload."""
    with job_library("flights") as library:
        container = Container(tmp_path_factory.mktemp("preprocess"), offline=True)
        return container.process(library, "preprocess", {"curated": flights})


@pytest.fixture(scope="module")
def base(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """/opt/ml after a training of what the stacks upload."""
    folder = tmp_path_factory.mktemp("ml")
    container = Container(folder, environment=image.NO_BUILD_ISOLATION, offline=True)
    with training_source("flights") as source:
        log = container.train(source, {name: prepared / name for name in CHANNELS}, HYPERPARAMETERS)
    print(f"trained without network, by {image.offline().how}")
    assert "Invoking user script" in log
    assert "validation-auc:" in log
    return folder


@pytest.fixture(scope="module")
def served(base: Path) -> Iterator[Path]:
    """The socket of the image's own server, which has the model."""
    container = Container(base / "serving", environment={**ENVIRONMENT, **image.NO_BUILD_ISOLATION}, offline=True)
    container.base.mkdir()
    (container.base / "model").symlink_to(base / "model")
    with container.serve() as found:
        yield found


@pytest.fixture(scope="module")
def hall(session_cloud: LocalCloud, base: Path) -> Hall:
    """The same model behind a local endpoint."""
    session_cloud.reset()
    hall = Hall(session_cloud)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        archive.add(base / "model", ".")
    hall.endpoint(hall.config("first", variant(hall.model_of("flights", packed.getvalue()))))
    return hall


@pytest.fixture(scope="module")
def behind_the_inference_toolkit(base: Path) -> Iterator[str]:
    """The URL of the same model in an image of another framework."""
    with toolkit.serve(base) as url:
        yield url


@pytest.fixture(scope="module")
def asked() -> list[dict[str, Any]]:
    return [event(row) for _, row in curated("2013-02-05", "2013-02-05").head(50).iterrows()]


def test_what_is_prepared_in_the_image_is_what_is_prepared_here(
    flights: Path, prepared: Path, tmp_path: Path
) -> None:
    ours = Jobs(tmp_path).processing("ours", "preprocess", inputs={"curated": flights})
    files = {path.relative_to(prepared).as_posix() for path in prepared.rglob("*.parquet")}
    assert files
    for name in files:
        assert pq.read_table(prepared / name).equals(pq.read_table(ours.root / "output" / name)), name
    folders = (prepared / "artifacts", ours.output("artifacts"))
    one, other = (json.loads((folder / FEATURES_FILE).read_text()) for folder in folders)
    assert one == other


def test_our_executor_trains_the_model_that_the_image_trains(base: Path, prepared: Path, tmp_path: Path) -> None:
    given = [word for name, value in HYPERPARAMETERS.items() for word in (f"--{name}", value)]
    ours = (
        Jobs(tmp_path).training("ours", *given, channels={name: prepared / name for name in CHANNELS}).root / "model"
    )
    files, theirs = (
        {path.relative_to(root).as_posix() for path in root.rglob("*.*") if path.is_file() and path.suffix != ".pyc"}
        for root in (ours, base / "model")
    )
    files = {name for name in files if Path(name).name not in NOT_FOR_JOBS}  # ours ran in the repository
    assert files == theirs
    one, other = (json.loads((folder / MODEL_FILE).read_text()) for folder in (ours, base / "model"))
    assert one["learner"]["gradient_booster"] == other["learner"]["gradient_booster"]
    assert xgb.Booster(model_file=base / "model" / MODEL_FILE).num_boosted_rounds() > 1


def test_what_is_evaluated_in_the_image_is_what_is_evaluated_here(base: Path, prepared: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(base / "model", ".")
    model = tmp_path / "model"
    model.mkdir()
    (tmp_path / "model.tar.gz").rename(model / "model.tar.gz")
    inputs = {"model": model, **{name: prepared / name for name in ("test", "temporal_test")}}
    container = Container(tmp_path / "image", offline=True)
    container.base.mkdir()
    with job_library("flights") as library:
        theirs = container.process(library, "evaluate", inputs) / "evaluation" / "evaluation.json"
    ours = Jobs(tmp_path).processing("ours", "evaluate", inputs=inputs).output("evaluation") / "evaluation.json"
    one, other = (json.loads(path.read_text()) for path in (ours, theirs))
    assert one["auc_temporal"] == pytest.approx(other["auc_temporal"])
    assert one.keys() == other.keys()


def test_without_the_variable_the_model_never_serves_offline(base: Path, tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to(base / "model")
    container = Container(tmp_path, environment={**ENVIRONMENT, "PIP_RETRIES": "0"}, offline=True)
    with pytest.raises(image.ContainerError) as caught, container.serve():
        pytest.fail("it serves")
    print(f"without network, by {image.offline().how}")
    assert "sagemaker_containers._errors.InstallModuleError" in str(caught.value)
    assert "No matching distribution found for setuptools" in str(caught.value)


def test_the_image_predicts_what_our_endpoint_and_the_handlers_predict(
    base: Path, served: Path, hall: Hall, asked: list[dict[str, Any]]
) -> None:
    model = inference.model_fn(str(base / "model"))
    alone = inference.predict(inference.read(json.dumps(asked), "application/json"), model)
    scores = [row["probability"] for row in alone]
    assert max(scores) - min(scores) > 0.1, "a constant proves nothing"

    body = json.dumps(asked).encode()
    theirs = image.ask(served, "POST", "/invocations", body, {"Content-Type": "application/json"})
    assert theirs.status == 200, theirs
    assert json.loads(theirs.body)["predictions"] == alone
    ours = hall.invoke(body)
    assert (ours["Body"], ours["ContentType"]) == (theirs.body, theirs.content_type)


@pytest.mark.parametrize(
    ("change", "headers", "refusal"),
    [
        ({"temp": "warm"}, {}, (400, "temp: expected double, got string 'warm'")),
        ({"dep_delay": 12}, {}, (400, "dep_delay: known only after the prediction is made, leave it out")),
        ("{", {}, (400, "not JSON")),
        ({}, {"ContentType": "application/xml"}, (415, "content type 'application/xml': expected application/json")),
        ({}, {"Accept": "image/png"}, (406, "accept 'image/png': expected application/json or text/csv")),
        ("", {}, (400, "the request is empty")),
        ("[]", {}, (400, "no rows to predict on")),
        ("1,2,3", {"ContentType": "text/csv"}, (400, f"expected {len(DATASET.inputs)} fields")),
        (b"\xff", {"ContentType": "text/csv"}, (400, f"expected {len(DATASET.inputs)} fields")),
        (b"\xff", {}, (400, "not JSON")),
    ],
)
def test_a_bad_request_has_the_same_status_and_reason(
    served: Path, hall: Hall, asked: list[dict[str, Any]], change: Any, headers: dict[str, str], *, refusal: Any
) -> None:
    body = change if isinstance(change, str | bytes) else json.dumps({**asked[0], **change})
    data = body.encode() if isinstance(body, str) else body
    given = {"ContentType": "application/json", **headers}
    sent = {name.replace("ContentT", "Content-T"): value for name, value in given.items()}
    theirs = image.ask(served, "POST", "/invocations", data, sent)
    assert theirs.status == refusal[0]
    assert theirs.body.decode().startswith(refusal[1])
    assert theirs.content_type == "text/plain; charset=utf-8"
    with pytest.raises(ClientError) as caught:
        hall.invoke(data, **given)
    ours = caught.value.response
    assert (ours["OriginalStatusCode"], ours["OriginalMessage"]) == (refusal[0], theirs.body.decode())
    assert image.ask(served, "POST", "/invocations", json.dumps(asked[0]).encode(), {}).status == 200, "it goes on"


def test_the_inference_toolkit_answers_with_the_same_statuses_and_reasons(
    behind_the_inference_toolkit: str, served: Path, asked: list[dict[str, Any]]
) -> None:
    place = urllib.parse.urlsplit(behind_the_inference_toolkit)
    connection = http.client.HTTPConnection(place.netloc, timeout=60)
    for change, kind in (({}, JSON), ({"temp": "warm"}, JSON), ({"dep_delay": 1}, JSON), ({}, "application/xml")):
        body = json.dumps({**asked[0], **change}).encode()
        connection.request("POST", place.path, body, {"Content-Type": kind, "Accept": "*/*"})
        told = connection.getresponse()
        theirs, other = told.read().decode(), image.ask(served, "POST", "/invocations", body, {"Content-Type": kind})
        assert told.status == other.status
        if told.status == http.client.OK:
            assert json.loads(theirs) == json.loads(other.body)
        else:
            assert theirs.partition("\n")[0] == other.body.decode()


def test_a_shell_script_is_no_module_for_it(tmp_path: Path) -> None:
    """Nor is it here: tests/integration/sagemaker/test_training_files.py."""
    (tmp_path / "run.sh").write_text("echo $@\n", "utf-8")
    with tarfile.open(tmp_path / "source.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "run.sh", "run.sh")
    container = Container(tmp_path / "ml", environment=image.NO_BUILD_ISOLATION, offline=True)
    container.base.mkdir()
    with pytest.raises(
        image.ContainerError, match=r"ExecuteUserScriptError:\nCommand \".*python -m run.sh --depth 1\""
    ):
        container.train(tmp_path / "source.tar.gz", {}, {"sagemaker_program": "run.sh", "depth": "1"})
