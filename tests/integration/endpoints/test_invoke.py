"""InvokeEndpoint: who answers, with what, and what becomes of errors."""

import os
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.endpoints import worker
from tests.integration.endpoints.hall import Hall, until, variant

LIMIT = 6 * 1024 * 1024


def error(hall: Hall, body: Any, **more: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        hall.invoke(body, **more)
    found: dict[str, Any] = caught.value.response
    return found


def model_error(hall: Hall, body: Any, **more: Any) -> tuple[int, str]:
    found = error(hall, body, **more)
    assert found["Error"]["Code"] == "ModelError"
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert "Traceback" not in str(found)
    return found["OriginalStatusCode"], found["OriginalMessage"]


def test_content_types_go_through_and_the_variant_is_named(hall: Hall) -> None:
    hall.simple()
    answer = hall.invoke("1,2", ContentType="text/csv", Accept="text/csv", CustomAttributes="trace=1")
    assert (answer["Body"], answer["ContentType"]) == (b"30.0", "text/csv; charset=utf-8")
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert hall.invoke("[1]")["ContentType"] == "application/json"


def test_weights_and_target_choose_the_variant(hall: Hall) -> None:
    hall.model("one", times=1)
    hall.model("two", times=2)
    hall.endpoint(
        hall.config("ab", variant("one", "a", InitialVariantWeight=3), variant("two", "b", InitialVariantWeight=1))
    )
    with ThreadPoolExecutor(4) as pool:
        found = Counter(pool.map(lambda _: hall.predict([1])["times"], range(400)))
    assert 220 < found[1] < 380, found  # 300 are expected, sigma is 8.7
    assert found[1] + found[2] == 400
    for name, times in (("a", 1), ("b", 2)):
        answer = hall.invoke([1], TargetVariant=name)
        assert answer["InvokedProductionVariant"] == name
        assert f'"times": {times}'.encode() in answer["Body"]
    told = error(hall, [1], TargetVariant="c")
    assert (told["Error"]["Code"], "Variant c not found" in told["Error"]["Message"]) == ("ValidationError", True)


def test_an_unknown_endpoint_is_a_validation_error(hall: Hall) -> None:
    told = error(hall, [1], name="none")
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert told["Error"] == {
        "Code": "ValidationError",
        "Message": "Endpoint none of account 123456789012 not found.",
    }


def test_another_region_does_not_have_the_endpoint(hall: Hall) -> None:
    hall.simple()
    with pytest.raises(ClientError, match="not found"):
        hall.cloud.client("sagemaker-runtime", "eu-west-1").invoke_endpoint(EndpointName="flights", Body=b"[1]")


def test_a_refusal_of_the_script_keeps_its_status_and_words(hall: Hall) -> None:
    hall.simple()
    told = error(hall, "[1]", ContentType="text/html")
    region = "us-east-1"
    assert told["Error"]["Message"] == (
        "Received client error (415) from primary with message \"content type 'text/html'\". See "
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group="
        "/aws/sagemaker/Endpoints/flights in account 123456789012 for more information."
    )
    assert told["LogStreamArn"] == "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/flights"
    assert model_error(hall, "[1]", ContentType="text/html") == (415, "content type 'text/html'")
    assert hall.predict([1])["sum"] == 10


def test_an_error_of_the_script_is_500_and_its_traceback_is_in_the_log(hall: Hall) -> None:
    hall.simple()
    status, page = model_error(hall, {"raise": "tail"})
    assert (status, "<h1>Internal Server Error</h1>" in page, "KeyError" in page) == (500, True, False)
    assert model_error(hall, b"")[0] == 500
    assert hall.predict([1])["sum"] == 10
    logs = hall.cloud.client("logs")
    group = "/aws/sagemaker/Endpoints/flights"

    def lines() -> list[str]:
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        if not streams:
            return []
        (stream,) = streams
        assert stream["logStreamName"].startswith("AllTraffic/i-")
        events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
        return [event["message"] for event in events["events"]]

    until(lambda: "KeyError: 'tail'" in lines())
    assert lines()[0] == "loaded 10"
    assert any("/opt/ml/model/code/inference.py" in line for line in lines())


def test_a_body_may_have_six_megabytes_and_not_a_byte_more(hall: Hall) -> None:
    hall.simple()
    largest = b"[1]" + b" " * (LIMIT - 3)
    assert hall.predict(largest)["sum"] == 10
    told = error(hall, largest + b" ")
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert told["Error"] == {"Code": "413", "Message": "HTTP content length exceeded 6291456 bytes."}
    assert hall.predict([1])["sum"] == 10


def test_a_process_that_dies_is_an_error_and_comes_back(hall: Hall) -> None:
    hall.simple()
    first = hall.predict([1])["pid"]
    assert model_error(hall, {"exit": 3}) == (500, "Worker died.")

    second = until(lambda: _answers(hall))
    assert second != first
    os.kill(second, signal.SIGKILL)
    until(lambda: _answers(hall) not in (None, second))
    assert hall.describe()["EndpointStatus"] == "InService"


def test_no_answer_in_time_is_an_error_and_the_container_starts_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.simple()
    first = hall.predict([1])["pid"]
    monkeypatch.setattr(worker, "MODEL_TIMEOUT", 0.5)
    status, message = model_error(hall, {"sleep": 60})
    assert status == 0
    assert message.startswith("Your invocation timed out while waiting for a response from container primary.")
    monkeypatch.undo()
    until(lambda: _answers(hall) not in (None, first))


def _answers(hall: Hall) -> Any:
    """The process that answers; None while there is none."""
    try:
        return hall.predict([1])["pid"]
    except ClientError:
        return None


def test_requests_side_by_side_are_all_answered(hall: Hall) -> None:
    hall.simple()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: hall.predict([number])["sum"], range(200)))
    assert found == [10 * number for number in range(200)]


def test_a_slow_request_does_not_make_the_container_ill(hall: Hall) -> None:
    hall.simple()
    slow = threading.Thread(target=hall.predict, args=({"sleep": 1, "numbers": []},))
    slow.start()
    assert hall.predict([1])["sum"] == 10
    slow.join()


@pytest.mark.parametrize(
    "given",
    [
        {"TargetModel": "a.tar.gz"},
        {"TargetContainerHostname": "a"},
        {"InferenceComponentName": "a"},
        {"EnableExplanations": "`true`"},
        {"SessionId": "NEW_SESSION"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_is_not_served_is_refused_by_name(hall: Hall, given: dict[str, str]) -> None:
    hall.simple()
    told = error(hall, [1], **given)
    assert told["Error"]["Code"] == "NotImplemented"
    assert f"InvokeEndpoint with {next(iter(given))} is not implemented" in told["Error"]["Message"]
