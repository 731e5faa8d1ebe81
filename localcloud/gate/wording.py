"""What services answer to a request that is not as their model says: the code of each, and its sentence.

Most validate in a framework that they share, and say ``1 validation error detected: Value 'a_b' at 'modelName' failed
to satisfy constraint: Member must satisfy regular expression pattern: …``. Codes and sentences are those of
AWS-validated snapshots (localstack/localstack, tests/aws/services/*/*.snapshot.json) where a line says so.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from localcloud.gate import services
from localcloud.gate.constraints import Violation
from localcloud.gate.quirks import S3_VALUES
from localcloud.gate.services import model

LONGEST = 1024  # characters of a value in a sentence; AWS repeats all of it


class Refusal(NamedTuple):
    """An error of a service."""

    code: str
    message: str
    status: int = 400


Wording = Callable[[Any, list[Violation]], Refusal]  # the operation's input shape, and what is wrong


def invalid(service: str, shape: Any, found: list[Violation]) -> Refusal:
    """The answer of a service to violations of its model."""
    return _WORDINGS.get(service, _framework(_code(service)))(shape, found)


def malformed(service: str, protocol: str, reason: str) -> Refusal:
    """The answer to a body that is not what its protocol says."""
    if protocol == "rest-xml":  # snapshots of s3 and s3control
        return Refusal(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    if service == "lambda":  # snapshot: test_lambda_invoke_payload_encoding_error
        return Refusal("InvalidRequestContentException", f"Could not parse request body into json: {reason}")
    return Refusal("SerializationException", reason)


def missing_body() -> Refusal:
    """moto's AWS-verified test test_put_object_lock_misconfiguration."""
    return Refusal("MissingRequestBodyError", "Request Body is empty")


def unreadable(reason: str) -> Refusal:
    """The answer to a body that ends before its end."""
    return Refusal("IncompleteBody", reason)


def wrong_type(service: str, protocol: str, error: Exception) -> Refusal:
    """The answer to a member that is not of its type."""
    reason, *named = error.args
    if service == "s3" and named:  # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
        return Refusal("InvalidArgument", f"Provided {named[0]} not an integer or within integer range")
    if protocol in ("query", "ec2"):
        return Refusal("MalformedInput" if protocol == "query" else "InvalidParameterValue", reason)
    return malformed(service, protocol, reason)


def unknown_operation(protocol: str, called: str) -> Refusal:
    """The answer to an operation that the service does not have on AWS either."""
    if protocol in ("query", "ec2"):  # https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
        return Refusal("InvalidAction", f"{called} is not an operation of this service")
    if protocol == "rest-xml":
        return Refusal("MethodNotAllowed", f"{called} is not allowed against this resource", 405)
    return Refusal("UnknownOperationException", f"{called} is not an operation of this service", 404)


def unknown_parameter(name: str) -> Refusal:
    """EC2's answer to a field that the operation does not have; other services ignore it."""
    return Refusal("UnknownParameter", f"The parameter {name} is not recognized")


def _framework(code: str) -> Wording:
    def say(_: Any, found: list[Violation]) -> Refusal:
        return Refusal(code, sentence(found))

    return say


def sentence(found: list[Violation]) -> str:
    """All violations, in the words of AWS's framework."""
    count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected"
    return f"{count}: {'; '.join(_clause(violation) for violation in found)}"


def _clause(violation: Violation) -> str:
    if violation.sensitive:  # snapshot of kms: "Value at 'plaintext' failed …"
        value = "Value"
    elif violation.value is None:
        value = "Value null"
    else:
        value = f"Value '{_java(violation.value)[:LONGEST]}'"
    return f"{value} at '{violation.path}' failed to satisfy constraint: {violation.constraint}"


def _java(value: Any) -> str:
    """A value as Java prints it; snapshots of events and lambda show lists and maps."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_java(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def _code(service: str) -> str:
    """The code for violations where no snapshot says it: the one of the model's errors that is for that."""
    if _CODES.get(service):
        return _CODES[service]
    protocol = services.services()[service].protocols[0]
    errors = {shape.name for shape in model(service).error_shapes}
    for code in ("ValidationException", "ValidationError", "InvalidParameterException", "InvalidRequestException"):
        if code in errors:
            return code
    return "ValidationError" if protocol in ("query", "ec2", "rest-xml") else "ValidationException"


_CODES = {
    "athena": "InvalidRequestException",  # https://github.com/dbt-labs/dbt-project-evaluator/issues/457
    "batch": "ClientException",  # https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html
    "cloudwatch": "ValidationError",  # snapshot: test_set_alarm_invalid_input
    "firehose": "ValidationException",  # https://github.com/hashicorp/terraform-provider-aws/pull/9017
    "glue": "ValidationException",  # https://github.com/aws-samples/dbt-glue/issues/395
    "logs": "InvalidParameterException",  # snapshot: test_filter_log_events…, put_metric_filter
    "secretsmanager": "ValidationException",  # snapshots: "Invalid name. Must be a valid name …"
    "transcribe": "BadRequestException",  # snapshot: test_transcribe_happy_path
}


def _sns(_: Any, found: list[Violation]) -> Refusal:
    """Snapshots: test_publish_… "Value null at 'attributes'", and "SubscriptionArn Reason: no value for required …"."""
    first = found[0]
    if first.trait == "required" and first.path.endswith("Arn") and "." not in first.path:
        name = first.path[:1].upper() + first.path[1:]
        return Refusal("InvalidParameter", f"Invalid parameter: {name} Reason: no value for required parameter")
    return Refusal("ValidationError", sentence(found))


def _sqs(_: Any, found: list[Violation]) -> Refusal:
    """Snapshot: test_send_message_without_body … "The request must contain the parameter MessageBody."."""
    first = found[0]
    if first.trait == "required":
        name = first.path.rpartition(".")[2]
        return Refusal("MissingParameter", f"The request must contain the parameter {name[:1].upper() + name[1:]}.")
    return Refusal("InvalidParameterValue", sentence(found))


def _ec2(_: Any, found: list[Violation]) -> Refusal:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
    first = found[0]
    name = first.path.rpartition(".")[2]
    if first.trait == "required":
        return Refusal("MissingParameter", f"The request must contain the parameter {name}")
    return Refusal(
        "InvalidParameterValue", f"Value ({_java(first.value)[:LONGEST]}) for parameter {name} is invalid."
    )


def _ecr(_: Any, found: list[Violation]) -> Refusal:
    """ECR's own words: "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy …'"."""
    first = found[0]
    told = first.constraint.removeprefix("Member ")
    message = f"Invalid parameter at '{first.path}' failed to satisfy constraint: '{told}'"
    return Refusal("InvalidParameterException", message)


def _s3(_: Any, found: list[Violation]) -> Refusal:
    known = S3_VALUES.get(found[0].path)
    if known is not None:
        return Refusal(known.code, known.message)
    return malformed("s3", "rest-xml", "")


_WORDINGS: dict[str, Wording] = {"ec2": _ec2, "ecr": _ecr, "s3": _s3, "s3control": _s3, "sns": _sns, "sqs": _sqs}
