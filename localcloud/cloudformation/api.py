"""CloudFormation's API: moto parses the requests and renders the answers, the engine does what is between."""

import functools
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, CloudFormationError, ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

from localcloud.cloudformation import deployment
from localcloud.cloudformation.changes import changes, differs
from localcloud.cloudformation.deployment import Deployment, Plan
from localcloud.cloudformation.errors import StackError, TemplateError
from localcloud.cloudformation.preflight import MissingCapabilitiesError, make_plan
from localcloud.cloudformation.stack import Stack, Stacks, now
from localcloud.cloudformation.template import load
from localcloud.patching import add, replace
from localcloud.server import current

# Clients poll every 5 to 30 s; an operation that is over before the answer costs them none of that.
ANSWER_WITHIN_SECONDS = 25
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
UPDATABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})

# Answers are in the API's own form already; moto's transformers expect its own classes.
CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER = {}


class ChangeSetNotFoundError(CloudFormationError):  # type: ignore[misc]
    code = "ChangeSetNotFound"


class InvalidChangeSetStatusError(CloudFormationError):  # type: ignore[misc]
    code = "InvalidChangeSetStatus"


class InsufficientCapabilitiesError(CloudFormationError):  # type: ignore[misc]
    code = "InsufficientCapabilitiesException"


@dataclass
class ChangeSet:
    """A plan that waits for its execution."""

    name: str
    id: str
    stack: Stack
    plan: Plan
    changes: list[dict[str, Any]]
    problem: str
    tags: list[dict[str, str]]
    capabilities: list[str]
    role_arn: str | None
    created: datetime = field(default_factory=now)

    def summary(self) -> dict[str, Any]:
        reason = {"StatusReason": self.problem} if self.problem else {}
        return {
            "ChangeSetName": self.name,
            "ChangeSetId": self.id,
            "StackId": self.stack.id,
            "StackName": self.stack.name,
            "CreationTime": self.created,
            "Status": "FAILED" if self.problem else "CREATE_COMPLETE",
            "ExecutionStatus": "UNAVAILABLE" if self.problem else "AVAILABLE",
            **reason,
        }


Method = Callable[["Call"], Any]


def operation(method: Method) -> Method:
    """Serve the operation that the function is named after."""
    decorate = (
        replace(CloudFormationResponse, method.__name__, "(self)")
        if hasattr(CloudFormationResponse, method.__name__)
        else add(CloudFormationResponse, method.__name__)
    )

    @functools.wraps(method)
    def serve(response: Any) -> Any:
        try:
            answer = method(Call(response))
        except MissingCapabilitiesError as error:
            raise InsufficientCapabilitiesError(str(error)) from None
        except StackError as error:
            raise ValidationError(message=str(error)) from None
        return EmptyResult() if answer is None else ActionResult(answer)

    decorate(serve)
    return method


class Call:
    """One request, and the stacks it can see: those of its account and region, kept in moto's backend."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.stacks: Stacks = response.cloudformation_backend.__dict__.setdefault("localcloud_stacks", Stacks())

    def get(self, name: str, default: Any = None) -> Any:
        return self.response._get_param(name, default)

    def stack(self, name: str | None = None) -> Stack:
        wanted = name or self.get("StackName")
        found = self.stacks.find(wanted)
        if found is None:
            raise ValidationError(message=f"Stack with id {wanted} does not exist")
        return found

    def new_stack(self) -> Stack:
        cloud = current()
        stack = Stack(
            self.get("StackName"), self.response.region, self.response.current_account, cloud.strict, cloud.client
        )
        self.describe(stack)
        return stack

    def describe(self, stack: Stack) -> None:
        """Take over what the request says about the stack itself."""
        stack.capabilities = self.get("Capabilities", [])
        stack.disable_rollback = bool(self.get("DisableRollback", False))
        stack.role_arn = self.get("RoleARN")
        if self.get("Tags") is not None:
            stack.tags = self.get("Tags")

    def plan(self, stack: Stack) -> Plan:
        revision = stack.revision
        body = revision.body if self.get("UsePreviousTemplate") else self.body()
        given: dict[str, str] = {}
        for parameter in self.get("Parameters", []):
            name = parameter["ParameterKey"]
            if not parameter.get("UsePreviousValue"):
                given[name] = parameter.get("ParameterValue", "")
            elif name in revision.given:
                given[name] = revision.given[name]
        return make_plan(body, given, stack, self.stacks)

    def body(self) -> str:
        body = self.get("TemplateBody")
        if body is None and self.get("TemplateURL"):
            body = self.response._get_stack_from_s3_url(self.get("TemplateURL"))
        if not body:
            raise TemplateError("Either Template URL or Template Body must be specified.")
        return str(body)

    def change_set(self) -> ChangeSet:
        name, stack_name = self.get("ChangeSetName"), self.get("StackName")
        for change_set in reversed(self.stacks.change_sets.values()):
            stack = change_set.stack
            if name == change_set.id or (name == change_set.name and stack_name in (stack.name, stack.id)):
                found: ChangeSet = change_set
                return found
        raise ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")


def _run(work: Callable[..., None], *arguments: Any) -> None:
    thread = threading.Thread(target=work, args=arguments, name="cloudformation", daemon=True)
    thread.start()
    thread.join(ANSWER_WITHIN_SECONDS)


def _refuse_busy(stack: Stack) -> None:
    if stack.status not in UPDATABLE:
        raise ValidationError(message=f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


@operation
def create_stack(call: Call) -> Any:
    name = call.get("StackName")
    if call.stacks.find(name):
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    stack = call.new_stack()
    stack.termination_protection = bool(call.get("EnableTerminationProtection", False))
    on_failure = call.get("OnFailure", "ROLLBACK")
    stack.disable_rollback = stack.disable_rollback or on_failure == "DO_NOTHING"
    plan = call.plan(stack)
    call.stacks.add(stack)

    def work() -> None:
        Deployment(stack, call.stacks, plan).run()
        if stack.status == "ROLLBACK_COMPLETE" and on_failure == "DELETE":
            deployment.remove(stack, call.stacks, [])

    _run(work)
    return {"StackId": stack.id}


@operation
def update_stack(call: Call) -> Any:
    stack = call.stack()
    _refuse_busy(stack)
    before = stack.tags
    call.describe(stack)
    plan = call.plan(stack)
    if not differs(stack, plan) and stack.tags == before:
        raise ValidationError(message="No updates are to be performed.")
    _run(Deployment(stack, call.stacks, plan).run)
    return {"StackId": stack.id}


@operation
def delete_stack(call: Call) -> None:
    stack = call.stacks.find(call.get("StackName"))
    if stack is None or stack.gone:
        return
    if stack.termination_protection:
        raise ValidationError(
            message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )
    if stack.busy:
        raise ValidationError(message=f"Stack [{stack.id}] is in {stack.status} state and can not be deleted.")
    _run(deployment.remove, stack, call.stacks, call.get("RetainResources", []))


@operation
def create_change_set(call: Call) -> Any:
    kind, name = call.get("ChangeSetType", "UPDATE"), call.get("ChangeSetName")
    stack = call.stacks.find(call.get("StackName"))
    if kind == "CREATE" and stack is not None and stack.status != "REVIEW_IN_PROGRESS":
        raise ValidationError(
            message=f"Stack [{stack.name}] already exists and cannot be created again with the changeSet [{name}]."
        )
    fresh = stack is None and kind == "CREATE"
    stack = call.new_stack() if fresh else call.stack()
    if kind != "CREATE":
        _refuse_busy(stack)
    probe = Stack(stack.name, stack.region, stack.account, stack.context.strict, stack.context.client)
    probe.id, probe.revision, probe.capabilities = stack.id, stack.revision, call.get("Capabilities", [])
    plan = call.plan(probe)
    if fresh:
        call.stacks.add(stack)
    tags = call.get("Tags", [])
    empty = not fresh and not differs(stack, plan) and tags == stack.tags
    arn = f"arn:aws:cloudformation:{stack.region}:{stack.account}:changeSet/{name}/{uuid.uuid4()}"
    call.stacks.change_sets[arn] = ChangeSet(
        name, arn, stack, plan, changes(stack, plan), NO_CHANGES if empty else "", tags, probe.capabilities,
        call.get("RoleARN"),
    )  # fmt: skip
    return {"Id": arn, "StackId": stack.id}


@operation
def describe_change_set(call: Call) -> Any:
    change_set = call.change_set()
    given = [{"ParameterKey": key, "ParameterValue": str(value)} for key, value in change_set.plan.given.items()]
    return {
        **change_set.summary(),
        "Changes": change_set.changes,
        "Tags": change_set.tags,
        "Parameters": given,
        "Capabilities": change_set.capabilities,
    }


@operation
def delete_change_set(call: Call) -> None:
    try:
        change_set = call.change_set()
    except ChangeSetNotFoundError:
        return  # deleting what is not there succeeds
    del call.stacks.change_sets[change_set.id]


@operation
def list_change_sets(call: Call) -> Any:
    stack = call.stack()
    return {"Summaries": [item.summary() for item in call.stacks.change_sets.values() if item.stack is stack]}


@operation
def execute_change_set(call: Call) -> None:
    change_set = call.change_set()
    if change_set.problem:
        raise InvalidChangeSetStatusError(
            f"ChangeSet [{change_set.id}] cannot be executed in its current status of [FAILED]"
        )
    stack = change_set.stack
    if stack.status != "REVIEW_IN_PROGRESS":
        _refuse_busy(stack)
    for identifier in [key for key, item in call.stacks.change_sets.items() if item.stack is stack]:
        del call.stacks.change_sets[identifier]  # the others describe changes to a stack that is no more
    stack.tags, stack.capabilities, stack.role_arn = change_set.tags, change_set.capabilities, change_set.role_arn
    stack.disable_rollback = bool(call.get("DisableRollback", False))
    _run(Deployment(stack, call.stacks, change_set.plan).run)


@operation
def describe_stacks(call: Call) -> Any:
    if call.get("StackName"):
        return {"Stacks": [call.stack().describe()]}
    return {"Stacks": [stack.describe() for stack in call.stacks if not stack.gone]}


@operation
def list_stacks(call: Call) -> Any:
    wanted = call.get("StackStatusFilter", [])
    names = (
        "StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus", "StackStatusReason",
    )  # fmt: skip
    rows = [stack.describe() for stack in call.stacks if not wanted or stack.status in wanted]
    return {"StackSummaries": [{name: row[name] for name in names if name in row} for row in rows]}


@operation
def describe_stack_events(call: Call) -> Any:
    return {"StackEvents": list(reversed(call.stack().events))}


def _rows(stack: Stack) -> list[dict[str, Any]]:
    return [
        {
            "StackName": stack.name,
            "StackId": stack.id,
            "LogicalResourceId": member.resource.logical_id,
            "ResourceType": member.resource.type,
            "Timestamp": member.timestamp,
            "LastUpdatedTimestamp": member.timestamp,
            "ResourceStatus": member.status,
            "Metadata": json.dumps(member.definition.get("Metadata") or {}),
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
            **({"PhysicalResourceId": member.resource.physical_id} if member.resource.physical_id else {}),
            **({"ResourceStatusReason": member.reason} if member.reason else {}),
        }
        for member in list(stack.revision.members.values())
    ]


@operation
def describe_stack_resources(call: Call) -> Any:
    physical_id, logical_id = call.get("PhysicalResourceId"), call.get("LogicalResourceId")
    if call.get("StackName"):
        stack = call.stack()
    else:
        owners = [s for s in call.stacks if any(row.get("PhysicalResourceId") == physical_id for row in _rows(s))]
        if not owners:
            raise ValidationError(message=f"Stack for {physical_id} does not exist")
        stack = owners[0]
    return {"StackResources": [row for row in _rows(stack) if logical_id in (None, row["LogicalResourceId"])]}


@operation
def describe_stack_resource(call: Call) -> Any:
    stack, logical_id = call.stack(), call.get("LogicalResourceId")
    for row in _rows(stack):
        if row["LogicalResourceId"] == logical_id:
            return {"StackResourceDetail": row}
    raise ValidationError(message=f"Resource {logical_id} does not exist for stack {stack.name}")


@operation
def list_stack_resources(call: Call) -> Any:
    return {"StackResourceSummaries": _rows(call.stack())}


@operation
def get_template(call: Call) -> Any:
    body = call.change_set().plan.body if call.get("ChangeSetName") else call.stack().revision.body
    return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}


@operation
def get_template_summary(call: Call) -> Any:
    body = call.stack().revision.body if call.get("StackName") else call.body()
    return {**_summary(body), "ResourceTypes": sorted({item["Type"] for item in load(body)["Resources"].values()})}


@operation
def validate_template(call: Call) -> Any:
    return _summary(call.body())


def _summary(body: str) -> dict[str, Any]:
    template = load(body)
    parameters = [
        {
            "ParameterKey": name,
            "ParameterType": spec.get("Type", "String"),
            "NoEcho": bool(spec.get("NoEcho", False)),
            **({"DefaultValue": str(spec["Default"])} if "Default" in spec else {}),
            **({"Description": spec["Description"]} if "Description" in spec else {}),
        }
        for name, spec in (template.get("Parameters") or {}).items()
    ]
    described = {"Description": template["Description"]} if "Description" in template else {}
    return {"Parameters": parameters, **described}


@operation
def list_exports(call: Call) -> Any:
    rows = [
        {"ExportingStackId": stack.id, "Name": name, "Value": value} for stack, name, value in call.stacks.exports()
    ]
    return {"Exports": rows}


@operation
def list_imports(call: Call) -> Any:
    name = call.get("ExportName")
    importers = [stack.name for stack in call.stacks.importers(name)]
    if not importers:
        raise ValidationError(message=f"Export '{name}' is not imported by any stack.")
    return {"Imports": importers}


@operation
def update_termination_protection(call: Call) -> Any:
    stack = call.stack()
    stack.termination_protection = bool(call.get("EnableTerminationProtection"))
    return {"StackId": stack.id}
