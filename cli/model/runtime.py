"""Ask the deployed endpoint, and say in a sentence why it does not answer."""

import json
import random
import time
from dataclasses import dataclass
from typing import Any

from cli.errors import UserError

ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.1
# Not ready yet: a serverless variant that still gets its resources, or a part of SageMaker's that did not answer
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html)
PASSING = ("ModelNotReadyException", "InternalDependencyException")


@dataclass(frozen=True)
class Answer:
    """What the endpoint answered.

    Attributes:
        predictions: one object a row.
        variant: the production variant that answered.
        seconds: from the first attempt to the answer.
        retried: attempts before the one that was answered.
    """

    predictions: list[dict[str, Any]]
    variant: str
    seconds: float
    retried: int


class RefusedError(UserError):
    """The model or the endpoint did not answer one request; others may be answered.

    Attributes:
        reason: the model's own words, or the service's.
        status: the model's HTTP status; None when it was the service that did not answer.
    """

    def __init__(self, reason: str, status: int | None) -> None:
        super().__init__(f"the model refuses the request: {reason}" if status and status < 500 else reason)
        self.reason = reason
        self.status = status


class Runtime:
    """A client of one endpoint; threads may share it.

    A fault of the model (HTTP 5xx) reaches the client as ModelError with status 424, which no retry mode of the SDK
    repeats. During a canary the next attempt may well meet the old fleet, so here it is repeated, in botocore's own
    loop.
    """

    def __init__(self, endpoint: str, connections: int = 1) -> None:
        import boto3  # noqa: PLC0415 - keeps `--help` fast
        from botocore.config import Config  # noqa: PLC0415

        self.endpoint = endpoint
        retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
        self._client = boto3.client(
            "sagemaker-runtime", config=Config(retries=retries, max_pool_connections=max(connections, 10))
        )
        self._client.meta.events.register("needs-retry.sagemaker-runtime", pause_before_retry)

    def ask(self, body: bytes, inference_id: str | None = None) -> Answer:
        """Send one request of JSON.

        Raises:
            RefusedError: no answer to this request.
            UserError: the endpoint is not there, or cannot be reached.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        identified = {"InferenceId": inference_id} if inference_id else {}
        began = time.monotonic()
        try:
            told = self._client.invoke_endpoint(
                EndpointName=self.endpoint, ContentType="application/json", Body=body, **identified
            )
            predictions = _predictions(told["Body"].read())
        except ClientError as error:
            raise self._refusal(error.response) from error
        except BotoCoreError as error:
            raise UserError(f"endpoint {self.endpoint} cannot be reached: {error}") from error
        return Answer(
            predictions,
            told["InvokedProductionVariant"],
            time.monotonic() - began,
            told["ResponseMetadata"]["RetryAttempts"],
        )

    def _refusal(self, response: dict[str, Any]) -> UserError:
        code, message = response["Error"]["Code"], response["Error"].get("Message", "")
        if code == "ModelError":
            reason = response.get("OriginalMessage") or message
            if reason.startswith("<!doctype html>"):  # whatever its handlers raise, the container answers with a page
                reason = f"the model failed, its log /aws/sagemaker/Endpoints/{self.endpoint} says why"
            return RefusedError(sentence(reason), response.get("OriginalStatusCode"))
        if code == "ValidationError" and message.endswith("not found."):  # Endpoint NAME of account NUMBER not found.
            return UserError(
                f"there is no endpoint {self.endpoint}: it is made when a model is approved, `mlref models approve`, "
                "and `mlref endpoint status` says how far it is"
            )
        if response["ResponseMetadata"].get("HTTPStatusCode") in (401, 403):
            return UserError(f"AWS does not let us ask endpoint {self.endpoint}: {message}")
        return RefusedError(f"{code}: {message}", None)


def pause_before_retry(attempts: int, response: Any, **_: Any) -> float | None:
    """Seconds until the request is repeated, for what botocore itself would not repeat; None leaves it to botocore."""
    if response is None or attempts >= ATTEMPTS:
        return None
    _, parsed = response
    fault = parsed.get("OriginalStatusCode", 0) >= 500
    if not fault and parsed.get("Error", {}).get("Code") not in PASSING:
        return None
    # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    return random.uniform(0, FIRST_PAUSE_SECONDS * 2**attempts)  # noqa: S311


def _predictions(body: bytes) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(body)["predictions"]
    except (ValueError, KeyError, TypeError):
        raise RefusedError(f"the answer has no predictions: {body[:80]!r}", None) from None
    return found


def sentence(text: str) -> str:
    """A model's message in one line."""
    return " ".join(text.split())
