"""The same requests to a local endpoint and to AWS's container code: equal in status, content type and body."""

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from benchmarks import image
from benchmarks.image import Answer
from localcloud import LocalCloud
from tests.integration.endpoints.hall import BUCKET, ENVIRONMENT, Hall, packed, until, variant
from tests.integration.sagemaker.workshop import ROLE
from tests.integration.toolkits.scripts import LOADED, REFUSED
from tests.integration.toolkits.table import CSV, ROWS, Row

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
IMAGES = {
    "xgboost": f"{REGISTRY}/sagemaker-xgboost:3.2-0",
    "scikit-learn": f"{REGISTRY}/sagemaker-scikit-learn:1.9-0",
}
DEFAULT_ACCEPT = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": CSV}
MOST_VARIANTS = 10  # of an endpoint
SHOWN = 2048  # characters of a ModelError's message
Ask = Callable[[Row], Answer]
Model = tuple[str, str, bool]  # script, image, default accept of CSV


def model_of(row: Row) -> Model:
    return row.script, row.image, row.accept_csv


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """AWS's code."""
    folder = tmp_path_factory.mktemp("image")
    with contextlib.ExitStack() as stack:
        servers = {}
        for accept_csv, variables in ((False, {}), (True, DEFAULT_ACCEPT)):
            base = folder / str(accept_csv)
            base.mkdir()
            container = image.Container(base, environment=variables)
            servers[accept_csv] = stack.enter_context(container.serve_many({**LOADED, **REFUSED}))

        def ask(row: Row) -> Answer:
            headers = {"X-Script": row.script, "X-Image": row.image, **row.headers}
            return image.ask(servers[row.accept_csv], "POST", "/invocations", row.body, headers)

        yield ask


@pytest.fixture(scope="module")
def hall(session_cloud: LocalCloud) -> Hall:
    session_cloud.reset()
    return Hall(session_cloud)


def host(hall: Hall, models: list[Model]) -> dict[Model, tuple[str, str]]:
    """Endpoint and variant of each, on as few endpoints as may be."""
    places = {}
    for number, (script, family, accept_csv) in enumerate(models):
        name = f"model-{number}"
        archive = packed({"code/inference.py": {**LOADED, **REFUSED}[script]})
        hall.s3.put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=archive)
        container = {
            "Image": IMAGES[family],
            "ModelDataUrl": f"s3://{BUCKET}/{name}.tar.gz",
            "Environment": {**ENVIRONMENT, **(DEFAULT_ACCEPT if accept_csv else {})},
        }
        hall.client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        places[script, family, accept_csv] = (f"table-{number // MOST_VARIANTS}", name)
    for endpoint in sorted({endpoint for endpoint, _ in places.values()}):
        hall.config(endpoint, *(variant(name, name) for found, name in places.values() if found == endpoint))
        hall.client.create_endpoint(EndpointName=endpoint, EndpointConfigName=endpoint)
    for endpoint in {endpoint for endpoint, _ in places.values()}:
        assert hall.settled(endpoint)["EndpointStatus"] == "InService", hall.describe(endpoint)
    return places


@pytest.fixture(scope="module")
def ours(hall: Hall) -> Iterator[Ask]:
    """Endpoints of the local cloud, asked by InvokeEndpoint with no header more than the row's."""
    places = host(hall, sorted({model_of(row) for row in ROWS}))
    connection = http.client.HTTPConnection(hall.cloud.endpoint.removeprefix("http://"), timeout=60)

    def ask(row: Row) -> Answer:
        endpoint, name = places[model_of(row)]
        headers = {**row.headers, "X-Amzn-SageMaker-Target-Variant": name, "Content-Length": str(len(row.body))}
        connection.putrequest("POST", f"/endpoints/{endpoint}/invocations", skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(row.body)
        told = connection.getresponse()
        body = told.read()
        if told.status != http.client.FAILED_DEPENDENCY:
            return Answer(told.status, told.headers["Content-Type"], body)
        error = json.loads(body)
        return Answer(error["OriginalStatusCode"], "", error["OriginalMessage"].encode())

    with contextlib.closing(connection):
        yield ask


def as_invoked(answer: Answer) -> Answer:
    """What InvokeEndpoint tells of a container's answer: of an error no content type, and only the beginning."""
    if 200 <= answer.status < 300:
        return Answer(200, answer.content_type, answer.body)
    return Answer(answer.status, "", answer.body.decode(errors="replace")[:SHOWN].encode())


@pytest.mark.parametrize("row", [row for row in ROWS if not row.differs], ids=lambda row: row.name)
def test_a_request_is_answered_alike(row: Row, theirs: Ask, ours: Ask) -> None:
    assert ours(row) == as_invoked(theirs(row))


def test_a_container_that_exits_is_a_500_here(theirs: Ask, ours: Ask) -> None:
    row = next(row for row in ROWS if row.name == "a handler that exits")
    with pytest.raises((OSError, http.client.HTTPException)):
        theirs(row)

    def is_back() -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return theirs(replace(row, body=b"fine")).status == http.client.OK
        return False

    until(is_back)  # gunicorn starts another worker
    assert ours(row) == Answer(500, "", b"SystemExit: 3")


def test_no_body_of_ours_is_unpickled(theirs: Ask, ours: Ask) -> None:
    row = next(row for row in ROWS if row.name == "NPY of objects")
    assert b"Internal Server Error" in ours(row).body
    assert theirs(row).status == 500, "it is unpickled, and the model cannot add up dictionaries"


def test_every_difference_has_a_test_and_a_reason() -> None:
    named = {row.name for row in ROWS if row.differs}
    assert named == {"a handler that exits", "NPY of objects"}


@pytest.mark.parametrize("script", sorted(REFUSED))
def test_a_script_that_never_serves_there_fails_the_endpoint_here(script: str, theirs: Ask, hall: Hall) -> None:
    assert theirs(Row("load", script)).status == 500
    name = script.replace("_", "-")
    hall.model(name, REFUSED[script])
    hall.endpoint(hall.config(name, variant(name)), name)
    assert hall.describe(name)["EndpointStatus"] == "Failed"
