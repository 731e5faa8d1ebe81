"""Requests to an endpoint that answers, refuses, or fails, over HTTP as SageMaker does it."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cli.errors import UserError
from cli.model import runtime as module
from cli.model.runtime import RefusedError, Runtime

GOOD = {"predictions": [{"probability": 0.31, "late": False}]}


@dataclass
class Service:
    """What the service answers, one after the other (the last again and again), and what it was asked."""

    answers: list[tuple[int, str, Any]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def next(self) -> tuple[int, str, Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    served = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            served.requests.append((self.path, dict(self.headers), body))
            status, code, answer = served.next()
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("x-Amzn-Invoked-Production-Variant", "AllTraffic")
            if code:
                self.send_header("x-amzn-errortype", code)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # how long `shutdown` waits
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://localhost:{server.server_port}")
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.001)
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def model_error(status: int, message: str) -> tuple[int, str, Any]:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""
    told = f'Received client error ({status}) from primary with message "{message}". See https://… in account 1'
    return 424, "ModelError", {"Message": told, "OriginalStatusCode": status, "OriginalMessage": message}


def test_an_answer_has_its_variant_and_the_request_its_id(service: Service) -> None:
    service.answers = [(200, "", GOOD)]
    answer = Runtime("flights").ask(b'{"carrier": "UA"}', "2013-04-01/UA/1545/EWR")
    assert (answer.predictions, answer.variant, answer.retried) == (GOOD["predictions"], "AllTraffic", 0)
    assert answer.seconds > 0
    ((path, headers, body),) = service.requests
    assert path == "/endpoints/flights/invocations"
    assert headers["X-Amzn-SageMaker-Inference-Id"] == "2013-04-01/UA/1545/EWR"
    assert headers["Content-Type"] == "application/json"
    assert body == b'{"carrier": "UA"}'


@pytest.mark.parametrize(
    "fault",
    [
        model_error(500, "KeyError: 'carrier'"),
        model_error(503, "busy"),
        (429, "ModelNotReadyException", {"Message": "wait"}),
        (530, "InternalDependencyException", {"Message": "wait"}),
    ],
)
def test_what_may_pass_is_asked_again(service: Service, fault: Any) -> None:
    service.answers = [fault, fault, (200, "", GOOD)]
    assert Runtime("flights").ask(b"{}").retried == 2
    assert len(service.requests) == 3


def test_a_fault_that_stays_is_told_in_the_models_words(service: Service) -> None:
    service.answers = [model_error(500, "KeyError: 'carrier'\n  in predict_fn")]
    with pytest.raises(RefusedError, match=r"^KeyError: 'carrier' in predict_fn$") as caught:
        Runtime("flights").ask(b"{}")
    assert caught.value.status == 500
    assert len(service.requests) == module.ATTEMPTS


def test_a_page_of_the_container_is_told_as_a_sentence(service: Service) -> None:
    service.answers = [model_error(500, "<!doctype html>\n<title>500 Internal Server Error</title>")]
    with pytest.raises(RefusedError, match=r"^the model failed, its log /aws/sagemaker/Endpoints/flights says why"):
        Runtime("flights").ask(b"{}")


def test_a_bad_request_is_not_repeated(service: Service) -> None:
    service.answers = [model_error(400, "carrier: required, missing")]
    with pytest.raises(RefusedError) as caught:
        Runtime("flights").ask(b"{}")
    assert str(caught.value) == "the model refuses the request: carrier: required, missing"
    assert (caught.value.reason, caught.value.status) == ("carrier: required, missing", 400)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("answer", "message", "kind"),
    [
        (
            (400, "ValidationError", {"Message": "Endpoint flights of account 1 not found."}),
            "models approve",
            UserError,
        ),
        ((403, "AccessDeniedException", {"Message": "no"}), "does not let us ask endpoint flights: no", UserError),
        ((400, "ValidationError", {"Message": "1 validation error"}), "^ValidationError: 1 val", RefusedError),
        ((200, "", b"<html>"), "no predictions: b'<html>'", RefusedError),
        ((200, "", {"value": 1}), "no predictions", RefusedError),
    ],
)
def test_other_trouble_is_a_sentence(service: Service, answer: Any, message: str, kind: type[UserError]) -> None:
    service.answers = [answer]
    with pytest.raises(UserError, match=message) as caught:
        Runtime("flights").ask(b"{}")
    assert type(caught.value) is kind, "whether the next request may be answered"


def test_nobody_there_is_a_sentence(unused_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://localhost:{unused_port()}")
    with pytest.raises(UserError, match="endpoint flights cannot be reached"):
        Runtime("flights").ask(b"{}")


@pytest.fixture
def unused_port() -> Callable[[], int]:
    import socket  # noqa: PLC0415

    def find() -> int:
        with socket.create_server(("localhost", 0)) as server:
            return int(server.getsockname()[1])

    return find
