"""State machines: created, described, changed, listed, deleted and tagged."""

import contextlib
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.logs.models import logs_backends
from moto.stepfunctions.parser.asl.eval.event.logging import (
    VALIDATION_LOG_STREAM_NAME,
    CloudWatchLoggingConfiguration,
)
from moto.stepfunctions.parser.backend.state_machine import StateMachineRevision, StateMachineVersion

from localcloud.iam.recorder import AccessDeniedError
from localcloud.step_functions import definitions, names
from localcloud.step_functions.operations import Call, StatesError, operation, paged
from localcloud.step_functions.roles import assumed

_ONE_DESTINATION = "Invalid Logging Configuration: Must specify exactly one Log Destination."
_UNTRACED = {"enabled": False}


def revision(call: Call, arn: str) -> Any:
    """The state machine itself, not a version of it."""
    found = call.store.machines.get(names.machine(arn))
    if not isinstance(found, StateMachineRevision):
        raise StatesError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return found


def published(call: Call, machine: Any, description: str | None) -> Any:
    """A version of the machine as it is now: a new one, or that which has this revision."""
    version = machine.create_version(description=description)
    if version is None:
        return call.store.machines[machine.versions[machine.revision_id]]
    call.store.machines[version.arn] = version
    return version


def _logging(given: dict[str, Any] | None) -> dict[str, Any]:
    found = {"level": "OFF", "includeExecutionData": False, **(given or {})}
    if len(found.get("destinations") or []) != 1 and (found["level"] != "OFF" or found.get("destinations")):
        raise StatesError("InvalidLoggingConfiguration", _ONE_DESTINATION)
    return found


def _log_destination(arn: str, logging: dict[str, Any]) -> Any:
    if logging["level"] == "OFF":
        return None
    found = CloudWatchLoggingConfiguration.from_logging_configuration(arn, logging)
    if found is None:
        raise StatesError("InvalidLoggingConfiguration", _ONE_DESTINATION)
    backend = logs_backends[found.log_account_id][found.log_region]
    if found.log_group_name not in backend.groups:
        told = "Invalid Logging Configuration: Log Destination not found."
        raise StatesError("InvalidLoggingConfiguration", told)
    with contextlib.suppress(JsonRESTError):  # as AWS does, to see whether it may
        backend.create_log_stream(found.log_group_name, VALIDATION_LOG_STREAM_NAME)
    return found


def _check_role(call: Call, arn: str) -> None:
    try:
        assumed(call["roleArn"], arn)
    except AccessDeniedError:
        raise StatesError(
            "AccessDeniedException",
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            "the provided role.",
        ) from None


@operation("CreateStateMachine")
def create_state_machine(call: Call) -> dict[str, Any]:
    """Once for a name: the same request again is the same machine, whatever its role and tags."""
    name, kind = names.name(call["name"]), call.get("type") or "STANDARD"
    if call.get("versionDescription") and not call.get("publish"):
        raise StatesError("ValidationException", "Version description can only be set when publish is true")
    logging = _logging(call.get("loggingConfiguration"))
    tracing = call.get("tracingConfiguration") or _UNTRACED
    arn = call.store.arn("stateMachine", name)
    known = call.store.machines.get(arn)
    if known is not None:
        same = (known.definition, known.sm_type, known.logging_config, known.tracing_config)
        if same != (call["definition"], kind, logging, tracing):
            raise StatesError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
        return {"stateMachineArn": arn, "creationDate": known.create_date}
    definitions.check(call["definition"], kind)
    _check_role(call, arn)
    machine = StateMachineRevision(
        name=name,
        arn=arn,
        role_arn=call["roleArn"],
        definition=call["definition"],
        sm_type=kind,
        logging_config=logging,
        cloud_watch_logging_configuration=_log_destination(arn, logging),
        tags=call.get("tags"),
        tracing_config=tracing,
    )
    machine.encryption = call.get("encryptionConfiguration")
    call.store.machines[arn] = machine
    answer = {"stateMachineArn": arn, "creationDate": machine.create_date}
    if call.get("publish"):
        answer["stateMachineVersionArn"] = published(call, machine, call.get("versionDescription")).arn
    return answer


@operation("DescribeStateMachine")
def describe_state_machine(call: Call) -> dict[str, Any]:
    """Of a machine or a version."""
    machine = call.store.machines.get(names.machine(call["stateMachineArn"]))
    if machine is None:
        raise StatesError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{call['stateMachineArn']}'")
    told: dict[str, Any] = {**machine.describe(), "tracingConfiguration": machine.tracing_config}
    if encryption := getattr(machine, "encryption", None):
        told["encryptionConfiguration"] = encryption
    if call.get("includedData") == "METADATA_ONLY":
        told.pop("definition")
    return told


@operation("UpdateStateMachine")
def update_state_machine(call: Call) -> dict[str, Any]:
    """Running executions keep what they have begun with."""
    machine = revision(call, call["stateMachineArn"])
    changing = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
    if not any(call.get(member) for member in changing):
        raise StatesError(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
            "specified",
        )
    if call.get("versionDescription") and not call.get("publish"):
        raise StatesError("ValidationException", "Version description can only be set when publish is true")
    if call.get("definition"):
        definitions.check(call["definition"], machine.sm_type)
    if call.get("roleArn"):
        _check_role(call, machine.arn)
    logging = _logging(call["loggingConfiguration"]) if call.get("loggingConfiguration") else None
    if logging:
        _log_destination(machine.arn, logging)
    before = machine.revision_id
    machine.create_revision(call.get("definition"), call.get("roleArn"), logging)
    machine.tracing_config = call.get("tracingConfiguration") or machine.tracing_config
    machine.encryption = call.get("encryptionConfiguration") or getattr(machine, "encryption", None)
    answer: dict[str, Any] = {"updateDate": datetime.now(UTC)}
    if machine.revision_id != before or machine.revision_id is not None:
        answer["revisionId"] = machine.revision_id
    if call.get("publish"):
        answer["stateMachineVersionArn"] = published(call, machine, call.get("versionDescription")).arn
    return answer


@operation("DeleteStateMachine")
def delete_state_machine(call: Call) -> None:
    """With its versions; executions under way are aborted, as a machine that is being deleted has none."""
    machine = call.store.machines.get(names.machine(call["stateMachineArn"]))
    if not isinstance(machine, StateMachineRevision):
        return
    for arn in (machine.arn, *machine.versions.values()):
        call.store.machines.pop(arn, None)
    for alias in machine.aliases:
        call.store.aliases.pop(alias.state_machine_alias_arn, None)
    for execution in list(call.store.executions.values()):
        if execution.machine_arn == machine.arn:
            execution.end()


@operation("ListStateMachines")
def list_state_machines(call: Call) -> dict[str, Any]:
    """By name."""
    found = [
        machine.itemise() for machine in call.store.machines.values() if isinstance(machine, StateMachineRevision)
    ]
    return paged(call, "stateMachines", sorted(found, key=lambda item: item["name"]), "stateMachineArn")


def is_version(machine: Any) -> bool:
    return isinstance(machine, StateMachineVersion)
