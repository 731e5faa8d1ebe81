"""What CreateEventSourceMapping and UpdateEventSourceMapping refuse, in Lambda's words.

Sentences are those of the snapshots of localstack's AWS-validated tests where they have one
(tests/aws/services/lambda_/event_source_mapping and TestLambdaEventSourceMappings); where none is known, ours says the
same with the code that the operation's page documents.
"""

import time
from typing import Any

from moto.awslambda.exceptions import UnknownAliasException, UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.sqs.models import sqs_backends

from localcloud.event_sources.errors import InvalidError
from localcloud.event_sources.feed import no_access
from localcloud.event_sources.filters import FilterError, Filters
from localcloud.event_sources.mapping import DEFAULTS
from localcloud.event_sources.queues import NO_RECEIVE
from localcloud.event_sources.runner import stream_of
from localcloud.event_sources.streams import NoStreamError, permit
from localcloud.iam.sessions import AccessDeniedError, check, credentials_of, role_caller
from localcloud.lambda_.executor import PRINCIPAL
from localcloud.unsupported import NotImplementedLocallyError

# What nothing here does
REFUSED = (
    "AmazonManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "LoggingConfig", "ProvisionedPollerConfig",
    "Queues", "SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig", "SourceAccessConfigurations", "Topics",
)  # fmt: skip
ONLY_STREAMS = (
    "BisectBatchOnFunctionError", "DestinationConfig", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts",
    "ParallelizationFactor", "StartingPosition", "StartingPositionTimestamp", "TumblingWindowInSeconds",
)  # fmt: skip
CONFIG = (
    "BatchSize", "BisectBatchOnFunctionError", "DestinationConfig", "FilterCriteria", "FunctionResponseTypes",
    "KMSKeyArn", "MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts",
    "MetricsConfig", "ParallelizationFactor", "ScalingConfig", "StartingPosition", "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
)  # fmt: skip
MOST_FILTERS = (
    5  # https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html, without a raised quota
)
FIFO_BATCH = 10
YOUNGEST = 60  # seconds; MaximumRecordAgeInSeconds is -1 or this much
SQS_ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")


def kind_of(given: dict[str, Any], operation: str) -> str:
    """What sort of source is asked for: stream or queue; others are refused by name."""
    if "OnSuccess" in (given.get("DestinationConfig") or {}):
        raise InvalidError("Unsupported DestinationConfig parameter for given event source mapping type.")
    for name in REFUSED:
        if given.get(name):
            raise NotImplementedLocallyError("lambda", f"{operation} with {name}")
    if others := set((given.get("MetricsConfig") or {}).get("Metrics") or ()) - {"EventCount"}:
        raise NotImplementedLocallyError("lambda", f"{operation} with the metrics {', '.join(sorted(others))}")
    arn = given.get("EventSourceArn")
    if not arn:
        raise InvalidError("Unrecognized event source.")
    service, resource = arn.split(":")[2], arn.split(":", 5)[-1]
    if service == "sqs":
        return "queue"
    if (service == "kinesis" and "/consumer/" not in resource) or (service == "dynamodb" and "/stream/" in resource):
        return "stream"
    if service in ("kinesis", "kafka", "mq", "rds", "docdb", "docdb-elastic"):
        raise NotImplementedLocallyError("lambda", f"{operation} of {arn}")
    raise InvalidError("Unrecognized event source.")


def config_of(given: dict[str, Any], kind: str) -> dict[str, Any]:
    """The configuration with defaults. Raises InvalidError for values that do not go together."""
    arn = given["EventSourceArn"]
    config = {**DEFAULTS[kind], **{name: given[name] for name in CONFIG if given.get(name) is not None}}
    if not (config.get("FilterCriteria") or {}).get("Filters"):
        config.pop("FilterCriteria", None)
    for name in ("ScalingConfig", "MetricsConfig", "KMSKeyArn"):
        if not config.get(name):
            config.pop(name, None)
    if kind == "stream":
        _check_stream(given, config, arn)
    else:
        _check_queue(given, config, arn)
    _check_filters(config, arn)
    return config


def _check_stream(given: dict[str, Any], config: dict[str, Any], arn: str) -> None:
    if given.get("ScalingConfig"):
        raise _unsupported("ScalingConfig")
    position = given.get("StartingPosition")
    if position is None:
        raise InvalidError(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position == "AT_TIMESTAMP":
        if arn.split(":")[2] == "dynamodb":
            raise InvalidError(f"Unsupported starting position for arn type: {arn}")
        if given.get("StartingPositionTimestamp") is None:
            raise InvalidError("AT_TIMESTAMP starting position requires StartingPositionTimestamp")
        if float(given["StartingPositionTimestamp"]) > time.time():
            raise InvalidError("StartingPositionTimestamp cannot be in the future")
    elif given.get("StartingPositionTimestamp") is not None:
        raise InvalidError("StartingPositionTimestamp is only valid for the starting position AT_TIMESTAMP")
    age = int(config["MaximumRecordAgeInSeconds"])
    if age != -1 and age < YOUNGEST:
        raise InvalidError(
            f"1 validation error detected: Value '{age}' at 'maximumRecordAgeInSeconds' failed to satisfy constraint: "
            f"Member must be -1 or have value greater than or equal to {YOUNGEST}"
        )
    config["DestinationConfig"] = {"OnFailure": {}, **(config["DestinationConfig"] or {})}
    destination = (config["DestinationConfig"]["OnFailure"] or {}).get("Destination") or ""
    if destination:
        if not destination.startswith(("arn:aws:sqs:", "arn:aws:sns:", "arn:aws:s3:")):
            raise NotImplementedLocallyError("lambda", f"an on-failure destination {destination}")
        if destination.endswith(".fifo"):
            raise InvalidError(
                f"The destination {destination} is FIFO, which an event source mapping does not support."
            )
    else:
        config["DestinationConfig"] = {"OnFailure": {}}


def _check_queue(given: dict[str, Any], config: dict[str, Any], arn: str) -> None:
    for name in ONLY_STREAMS:
        if given.get(name):
            raise _unsupported(name)
    size, window = int(config["BatchSize"]), int(config["MaximumBatchingWindowInSeconds"])
    if arn.endswith(".fifo"):
        if window:
            raise InvalidError("Batching window is not supported for FIFO queues.")
        if size > FIFO_BATCH:
            raise InvalidError(f"Batch size must be between 1 and {FIFO_BATCH} for FIFO queues.")
    if size > FIFO_BATCH and not window:
        raise InvalidError(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )


def _unsupported(name: str) -> InvalidError:
    return InvalidError(f"Unsupported {name} parameter for given event source mapping type.")


def _check_filters(config: dict[str, Any], arn: str) -> None:
    criteria = config.get("FilterCriteria") or {}
    member = {"sqs": "body", "kinesis": "data"}.get(arn.split(":")[2], "")
    if len(criteria.get("Filters") or []) > MOST_FILTERS:
        raise InvalidError(f"FilterCriteria can have at most {MOST_FILTERS} filters.")
    try:
        Filters(criteria, member)
    except FilterError:
        raise InvalidError("Invalid filter pattern definition.") from None


def function_of(name: str, account: str, region: str) -> tuple[Any, str]:
    """moto's function, and its ARN with the qualifier that was given."""
    backend = lambda_backends[account][region]
    try:
        function = backend.get_function(name)
    except (UnknownFunctionException, UnknownAliasException):
        raise InvalidError("Function does not exist") from None
    plain = f"arn:aws:lambda:{region}:{account}:function:{function.function_name}"
    inline = (name.rsplit(":function:", maxsplit=1)[-1] if name.startswith("arn:") else name).split(":")
    qualifier = inline[-1] if len(inline) > 1 and inline[-1] != function.function_name else ""
    return function, f"{plain}:{qualifier}" if qualifier else plain


def check_source(kind: str, arn: str, function: Any, session: str) -> None:
    """The source is there, and the execution role may read it."""
    if kind == "queue":
        _check_source_queue(arn, function, session)
        return
    stream = stream_of(arn, lambda: str(function.role))
    try:
        stream.parents()
        credentials_of(function.role, session, PRINCIPAL)
        permit(stream, role_caller(function.role, session), stream.actions)
    except NoStreamError:
        raise InvalidError(f"Stream not found: {arn}") from None
    except AccessDeniedError:
        raise InvalidError(no_access(stream)) from None


def _check_source_queue(arn: str, function: Any, session: str) -> None:
    _, _, _, region, account, name = arn.split(":")
    queue = sqs_backends[account][region].queues.get(name)
    if queue is None:
        raise InvalidError(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        )
    for action in SQS_ACTIONS:
        try:
            credentials_of(function.role, session, PRINCIPAL)
            check(role_caller(function.role, session), f"sqs:{action}", arn)
        except AccessDeniedError:
            raise InvalidError(NO_RECEIVE.replace("ReceiveMessage", action)) from None
    if int(queue.visibility_timeout) < int(function.timeout):
        raise InvalidError(
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than "
            f"Function timeout: {function.timeout} seconds"
        )
