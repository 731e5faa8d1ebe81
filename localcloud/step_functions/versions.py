"""Versions, and aliases that route to one or two of them.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-cd-aliasing-versioning.html
"""

import json
import re
from typing import Any

from moto.stepfunctions.parser.backend.alias import Alias
from moto.stepfunctions.parser.backend.state_machine import StateMachineRevision

from localcloud.step_functions import names
from localcloud.step_functions.machines import is_version, published, revision
from localcloud.step_functions.operations import Call, StatesError, operation, paged

INITIAL = "INITIAL"  # the revision of a machine that was never updated
_ALIAS_NAME = r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"
_DETECTED = "1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: {}"


def _invalid(message: str) -> StatesError:
    return StatesError("ValidationException", message)


@operation("PublishStateMachineVersion")
def publish_state_machine_version(call: Call) -> dict[str, Any]:
    """Twice for one revision is one version."""
    machine = revision(call, call["stateMachineArn"])
    wanted = call.get("revisionId")
    if wanted is not None and wanted != (machine.revision_id or INITIAL):
        raise StatesError(
            "ConflictException",
            f"Failed to publish the State Machine version for revision {wanted}. "
            f"The current State Machine revision is {machine.revision_id}.",
        )
    version = published(call, machine, call.get("description"))
    return {"creationDate": version.create_date, "stateMachineVersionArn": version.arn}


@operation("ListStateMachineVersions")
def list_state_machine_versions(call: Call) -> dict[str, Any]:
    """Newest first."""
    machine = _listed(call)
    found = [call.store.machines[arn].itemise() for arn in machine.versions.values()]
    found.sort(key=lambda item: item["creationDate"], reverse=True)
    return paged(call, "stateMachineVersions", found, "stateMachineVersionArn")


@operation("DeleteStateMachineVersion")
def delete_state_machine_version(call: Call) -> None:
    arn = names.machine(call["stateMachineVersionArn"])
    version: Any = call.store.machines.get(arn)
    if not is_version(version):
        return
    machine = call.store.machines.get(version.source_arn)
    if machine is not None:
        routing = sorted(alias.name for alias in machine.aliases if alias.is_router_for(arn))
        if routing:
            raise StatesError(
                "ConflictException",
                "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this "
                f"version: [{', '.join(routing)}]",
            )
        machine.delete_version(arn)
    del call.store.machines[arn]


def _listed(call: Call) -> Any:
    machine = call.store.machines.get(names.machine(call["stateMachineArn"]))
    if not isinstance(machine, StateMachineRevision):
        raise StatesError("InvalidArn", f"Invalid Arn: '{call['stateMachineArn']}'")
    return machine


def _check_routes(call: Call, routes: list[dict[str, Any]]) -> str:
    """The ARN of the state machine whose versions they are."""
    arns = [route["stateMachineVersionArn"] for route in routes]
    weights = [route["weight"] for route in routes]
    if len(routes) > 2:
        told = ", ".join(
            f"RoutingConfigurationListItem(stateMachineVersionArn={arn}, weight={weight})"
            for arn, weight in zip(arns, weights, strict=True)
        )
        least = "Member must have length less than or equal to 2"
        raise _invalid(_DETECTED.format(f"[{told}]", "routingConfiguration", least))
    listed = f"[{', '.join(arns)}]"
    if len(set(arns)) < len(arns):
        raise _invalid(f"Routing configuration must contain distinct state machine version ARNs. Received: {listed}")
    for number, weight in enumerate(weights, 1):
        if weight > 100:
            at, most = (
                f"routingConfiguration.{number}.member.weight",
                "Member must have value less than or equal to 100",
            )
            raise _invalid(_DETECTED.format(weight, at, most))
    if sum(weights) != 100:
        raise _invalid(f"Sum of routing configuration weights must equal 100. Received: {json.dumps(weights)}")
    versions = [call.store.machines.get(arn) for arn in arns]
    if not all(is_version(version) for version in versions):
        raise _invalid(f"Routing configuration must contain state machine version ARNs. Received: {listed}")
    machines = {str(version.source_arn) for version in versions if version is not None}
    if len(machines) > 1:
        raise _invalid(f"Routing configuration must contain versions of one state machine. Received: {listed}")
    return machines.pop()


@operation("CreateStateMachineAlias")
def create_state_machine_alias(call: Call) -> dict[str, Any]:
    name = call["name"]
    if len(name) > 80:
        raise _invalid(_DETECTED.format(name, "name", "Member must have length less than or equal to 80"))
    if not re.match(_ALIAS_NAME, name):
        satisfied = f"Member must satisfy regular expression pattern: {_ALIAS_NAME}"
        raise _invalid(_DETECTED.format(name, "name", satisfied))
    machine = revision(call, _check_routes(call, call["routingConfiguration"]))
    alias = Alias(machine.arn, name, call.get("description"), call["routingConfiguration"])
    arn = alias.state_machine_alias_arn
    known = call.store.aliases.setdefault(arn, alias)
    if known is alias:
        machine.aliases.add(alias)
    elif not alias.is_idempotent(known):
        raise StatesError(
            "ConflictException",
            "Failed to create alias because an alias with the same name and a different routing configuration already "
            "exists.",
        )
    return {"stateMachineAliasArn": arn, "creationDate": known.create_date}


def _alias(call: Call) -> Any:
    alias = call.store.aliases.get(names.alias(call["stateMachineAliasArn"]))
    if alias is None:
        raise StatesError("ResourceNotFound", "Request references a resource that does not exist.")
    return alias


@operation("DescribeStateMachineAlias")
def describe_state_machine_alias(call: Call) -> dict[str, Any]:
    return dict(_alias(call).to_description())


@operation("UpdateStateMachineAlias")
def update_state_machine_alias(call: Call) -> dict[str, Any]:
    names.alias(call["stateMachineAliasArn"])
    if not call.get("description") and not call.get("routingConfiguration"):
        raise StatesError(
            "MissingRequiredParameter", "Either the description or the RoutingConfiguration must be specified"
        )
    if call.get("routingConfiguration"):
        _check_routes(call, call["routingConfiguration"])
    alias = _alias(call)
    alias.update(call.get("description"), call.get("routingConfiguration"))
    return {"updateDate": alias.update_date}


@operation("DeleteStateMachineAlias")
def delete_state_machine_alias(call: Call) -> None:
    alias = call.store.aliases.pop(names.alias(call["stateMachineAliasArn"]), None)
    if alias is None:
        return
    machine = call.store.machines.get(alias.state_machine_alias_arn.rpartition(":")[0])
    if machine is not None:
        machine.aliases.discard(alias)


@operation("ListStateMachineAliases")
def list_state_machine_aliases(call: Call) -> dict[str, Any]:
    """In the order in which they were made. Of a version: those that route to it."""
    machine: Any = call.store.machines.get(names.machine(call["stateMachineArn"]))
    if is_version(machine):
        source = call.store.machines.get(machine.source_arn)
        aliases = [alias for alias in (source.aliases if source else ()) if alias.is_router_for(machine.arn)]
    else:
        aliases = list(_listed(call).aliases)
    found = sorted((alias.to_item() for alias in aliases), key=lambda item: item["creationDate"])
    return paged(call, "stateMachineAliases", found, "stateMachineAliasArn")
