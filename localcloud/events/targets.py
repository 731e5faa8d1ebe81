"""Sending to targets, for rules and for schedules: one call of the target's own API each."""

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnectionError

from localcloud.cloud import Cloud
from localcloud.events.transform import at
from localcloud.iam.sessions import AccessDeniedError, client_as, client_as_service
from localcloud.unsupported import NotImplementedLocallyError


@dataclass(frozen=True)
class Sending:
    """What goes to a target, and from where."""

    cloud: Cloud
    target: Mapping[str, Any]  # members of API_Target, or of Scheduler's target
    payload: str
    event: Mapping[str, Any]  # what dynamic parameters refer to
    token: str  # the same for each try: calls that take a token do their work once
    by: str  # the service that sends, as a principal
    source: str  # ARN of what it sends for: a rule, a schedule, a topic, a bucket

    @property
    def arn(self) -> str:
        return str(self.target["Arn"])

    def client(self, service: str) -> Any:
        """Signing as the target's role; where it has none, the target's own policy has to allow the service.

        It tries once: `Deliverer` counts the attempts that the target's RetryPolicy allows.
        """
        region, role = self.arn.split(":")[3] or self.target.get("Region"), self.target.get("RoleArn")
        if role:
            session = self.by.partition(".")[0]
            return client_as(self.cloud, role, service, region, session=session, by=self.by, attempts=1)
        return client_as_service(self.cloud, self.by, self.source, service, region, attempts=1)

    def resolved(self, value: str) -> str:
        """A dynamic parameter: "the entire value has to be a JSON path".

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html#targets-dynamic-path-parameters
        """
        if not value.startswith("$."):
            return value
        found = at(value, self.event)
        return found if isinstance(found, str) else json.dumps(found)


class DeliveryError(Exception):
    """The target did not take it; ``code`` is EventBridge's, ``retriable`` whether another try may succeed."""

    def __init__(self, code: str, message: str, *, retriable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retriable = retriable


def _lambda(sending: Sending) -> None:
    sending.client("lambda").invoke(
        FunctionName=sending.arn, InvocationType="Event", Payload=sending.payload.encode()
    )


def _sns(sending: Sending) -> None:
    sending.client("sns").publish(TopicArn=sending.arn, Message=_text(sending.payload))


def _sqs(sending: Sending) -> None:
    sqs = sending.client("sqs")
    url = sqs.get_queue_url(QueueName=sending.arn.rpartition(":")[2])["QueueUrl"]
    parameters = sending.target.get("SqsParameters") or {}
    group = {"MessageGroupId": parameters["MessageGroupId"]} if parameters.get("MessageGroupId") else {}
    sqs.send_message(QueueUrl=url, MessageBody=_text(sending.payload), **group)


def _pipeline(sending: Sending) -> None:
    """A JSON payload is not read: parameters are those of the target."""
    given = (sending.target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or []
    sending.client("sagemaker").start_pipeline_execution(
        PipelineName=sending.arn,
        PipelineParameters=[{"Name": item["Name"], "Value": sending.resolved(item["Value"])} for item in given],
        ClientRequestToken=str(uuid.uuid5(uuid.NAMESPACE_URL, sending.token)),
    )


def _state_machine(sending: Sending) -> None:
    """Once for each event, however often it is tried: the execution is named after it.

    https://docs.aws.amazon.com/step-functions/latest/dg/using-eventbridge-scheduler.html
    """
    states = sending.client("stepfunctions")
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, sending.token))
    with contextlib.suppress(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(stateMachineArn=sending.arn, name=name, input=sending.payload)


def _kinesis(sending: Sending) -> None:
    parameters = sending.target.get("KinesisParameters") or {}
    path = parameters.get("PartitionKeyPath")
    key = sending.resolved(path) if path else parameters.get("PartitionKey") or sending.token
    sending.client("kinesis").put_record(
        StreamName=sending.arn.rpartition("/")[2], Data=sending.payload.encode(), PartitionKey=key
    )


def _firehose(sending: Sending) -> None:
    record = {"Data": sending.payload.encode()}
    sending.client("firehose").put_record(DeliveryStreamName=sending.arn.rpartition("/")[2], Record=record)


def _logs(sending: Sending) -> None:
    """A stream for each event, as EventBridge makes, the same for each try."""
    logs, group = sending.client("logs"), sending.arn.split(":log-group:")[1].removesuffix(":*")
    stream = str(uuid.uuid5(uuid.NAMESPACE_URL, sending.token))
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": int(time.time() * 1000), "message": sending.payload}]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def _text(payload: str) -> str:
    """SQS and SNS get a JSON string without its quotes."""
    try:
        value = json.loads(payload)
    except ValueError:
        return payload
    return value if isinstance(value, str) else payload


_SENDERS: dict[tuple[str, str], Callable[[Sending], None]] = {
    ("lambda", "function"): _lambda,
    ("sns", ""): _sns,
    ("sqs", ""): _sqs,
    ("sagemaker", "pipeline"): _pipeline,
    ("states", "stateMachine"): _state_machine,
    ("kinesis", "stream"): _kinesis,
    ("firehose", "deliverystream"): _firehose,
    ("logs", "log-group"): _logs,
}


def sender(arn: str) -> Callable[[Sending], None] | None:
    """How to send to ``arn``; None when this cloud cannot."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return None
    kind = parts[5].replace("/", ":").split(":")[0] if parts[2] not in ("sns", "sqs") else ""
    return _SENDERS.get((parts[2], kind))


def check(arn: str, service: str, operation: str) -> None:
    """Refuse, by name, a target that nothing is sent to."""
    if sender(arn) is None:
        raise NotImplementedLocallyError(service, f"{operation} with the target {arn}")


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html has EventBridge's codes
_NO_RESOURCE = ("NotFound", "NonExistent", "DoesNotExist", "NoSuch")
_AGAIN = (
    "Throttl",
    "TooManyRequests",
    "Rate",
    "LimitExceeded",
    "ServiceUnavailable",
    "Internal",
    "ProvisionedThroughput",
)


def passes(code: str) -> bool:
    """Whether an error of a target may be another one, or none, the next time."""
    return any(part in code for part in _AGAIN)


def send(sending: Sending, through: Callable[[Sending], None]) -> None:
    """Send once. Raises DeliveryError."""
    try:
        through(sending)
    except DeliveryError:
        raise
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if code in ("AccessDenied", "AccessDeniedException"):
            raise DeliveryError("NO_PERMISSIONS", message) from error
        if any(part in code for part in _NO_RESOURCE) or "does not exist" in message:
            raise DeliveryError("NO_RESOURCE", message) from error
        if passes(code):
            raise DeliveryError("THROTTLING", message, retriable=True) from error
        if status >= 500 and code != "NotImplemented":
            raise DeliveryError("ERROR_FROM_TARGET", message, retriable=True) from error
        raise DeliveryError("INVALID_PARAMETER", f"{code}: {message}") from error
    except ReadTimeoutError as error:
        raise DeliveryError("TIMEOUT", str(error), retriable=True) from error
    except (NoConnectionError, HTTPClientError) as error:  # "due to network conditions", says the page on retries
        raise DeliveryError("CONNECTION_FAILURE", str(error), retriable=True) from error
    except AccessDeniedError as error:
        raise DeliveryError("NO_PERMISSIONS", str(error)) from error
    except Exception as error:
        raise DeliveryError("SDK_CLIENT_ERROR", f"{type(error).__name__}: {error}") from error
