"""Triggers: ON_DEMAND ones fire when started, CONDITIONAL ones when what they watch has ended, SCHEDULED ones by clock.

https://docs.aws.amazon.com/glue/latest/dg/about-triggers.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from moto.glue.models import FakeTrigger, GlueBackend
from moto.glue.responses import GlueResponse
from moto.glue.utils import Action

from localcloud.glue import schedules, workflows
from localcloud.glue.firing import fire
from localcloud.glue.state import given
from localcloud.patching import add, replace
from localcloud.unsupported import NotImplementedLocallyError

_CRAWL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")


@replace(GlueResponse, "create_trigger", "(self)")
def create_trigger(self: Any) -> ActionResult:
    """CreateTrigger (moto's own wants ``Logical`` even for one condition)."""
    request = self.parameters
    backend: GlueBackend = self.glue_backend
    if request["Name"] in backend.triggers:
        raise AlreadyExistsException("Trigger")
    _check(request, "CreateTrigger")
    _check_workflow(backend, request)
    backend.create_trigger(
        name=request["Name"],
        workflow_name=request.get("WorkflowName"),
        trigger_type=request["Type"],
        schedule=request.get("Schedule"),
        predicate=None,
        actions=[Action(action) for action in request["Actions"]],
        description=request.get("Description"),
        start_on_creation=bool(request.get("StartOnCreation")),
        tags=request.get("Tags"),
        event_batching_condition=None,
    )
    trigger = backend.triggers[request["Name"]]
    trigger.localcloud_given = given(request, "Name", "Tags", "StartOnCreation")
    _plan(trigger)
    return ActionResult({"Name": request["Name"]})


def _check_workflow(backend: GlueBackend, request: dict[str, Any]) -> None:
    """A workflow must be there, and has one trigger that starts it
    (https://docs.aws.amazon.com/glue/latest/dg/workflows_overview.html)."""
    name = request.get("WorkflowName")
    if not name:
        return
    if name not in backend.workflows:
        raise EntityNotFoundException(f"Workflow {name} not found")
    if request["Type"] == "CONDITIONAL":
        return
    for other in backend.triggers.values():
        if other.workflow_name == name and other.trigger_type != "CONDITIONAL":
            told = f"Workflow {name} already has a starting trigger: {other.name}"
            raise InvalidInputException("CreateTrigger", told)


@add(GlueResponse, "update_trigger")
def update_trigger(self: Any) -> ActionResult:
    """UpdateTrigger: overwrites the definition; type and workflow stay."""
    trigger = self.glue_backend.get_trigger(self.parameters["Name"])
    old = trigger.localcloud_given
    kept = {name: old[name] for name in ("Type", "WorkflowName") if name in old}
    changed = {**kept, **given(self.parameters["TriggerUpdate"], "Name")}
    changed.setdefault("Actions", old["Actions"])
    if kept["Type"] == "CONDITIONAL":
        changed.setdefault("Predicate", old["Predicate"])
    if kept["Type"] == "SCHEDULED":
        changed.setdefault("Schedule", old["Schedule"])
    _check(changed, "UpdateTrigger")
    trigger.localcloud_given = changed
    trigger.actions = [Action(action) for action in changed["Actions"]]
    _plan(trigger)
    return ActionResult({"Trigger": trigger.as_dict()})


@replace(FakeTrigger, "as_dict", "(self)")
def as_dict(self: Any) -> dict[str, Any]:
    """API_Trigger."""
    return {"Name": self.name, **self.localcloud_given, "State": self.state}


@replace(FakeTrigger, "start_trigger", "(self)")
def start_trigger(self: Any) -> None:
    """StartTrigger: an ON_DEMAND trigger fires and stays CREATED, others are switched on."""
    if self.trigger_type != "ON_DEMAND":
        self.state = "ACTIVATED"
        _plan(self)
    else:
        _start(self)


@replace(FakeTrigger, "stop_trigger", "(self)")
def stop_trigger(self: Any) -> None:
    """StopTrigger: a trigger that is on demand has nothing to stop."""
    if self.trigger_type != "ON_DEMAND":
        self.state = "DEACTIVATED"
        _plan(self)


@replace(GlueBackend, "delete_trigger", "(self, name)")
def delete_trigger(self: Any, name: str) -> None:
    if name in self.triggers:
        schedules.plan(_key(self.triggers[name]), None, lambda: None)
    delete_trigger.original(self, name)  # type: ignore[attr-defined]


def _start(trigger: Any) -> None:
    """Start what a trigger starts without a condition."""
    if trigger.workflow_name:
        workflows.start_run(trigger.backend, trigger.workflow_name, None)
    else:
        for action in trigger.localcloud_given["Actions"]:
            fire(trigger.backend, action, trigger.name, None)


def _key(trigger: Any) -> str:
    return f"glue/{trigger.backend.region_name}/trigger/{trigger.name}"


def _plan(trigger: Any) -> None:
    """Put a trigger on the timetable while it is switched on."""
    on = trigger.trigger_type == "SCHEDULED" and trigger.state == "ACTIVATED"
    schedules.plan(_key(trigger), trigger.localcloud_given["Schedule"] if on else None, lambda: _start(trigger))


def _check(trigger: dict[str, Any], operation: str) -> None:
    kind = trigger["Type"]
    if kind == "EVENT":
        raise NotImplementedLocallyError("glue", f"{operation} with the type EVENT")
    if kind == "ON_DEMAND" and trigger.get("StartOnCreation"):
        raise InvalidInputException(operation, "StartOnCreation is not valid for ON_DEMAND triggers")
    if kind == "SCHEDULED" and not trigger.get("Schedule"):
        raise InvalidInputException(operation, "Schedule cannot be null or empty")
    if kind == "SCHEDULED":
        schedules.check(trigger["Schedule"], operation)
    if not trigger.get("Actions"):
        raise InvalidInputException(operation, "Actions cannot be null or empty")
    conditions = (trigger.get("Predicate") or {}).get("Conditions") or []
    if kind == "CONDITIONAL" and not conditions:
        raise InvalidInputException(operation, "Predicate cannot be null or empty")
    if len(conditions) > 1 and not trigger["Predicate"].get("Logical"):
        raise InvalidInputException(operation, "Logical is required for several conditions")
    for condition in conditions:
        _check_condition(condition, operation)
    watched = {condition.get("JobName") for condition in conditions if condition.get("JobName")}
    if watched & {action.get("JobName") for action in trigger["Actions"]}:  # terraform-provider-aws#39571
        raise InvalidInputException(operation, "Job cannot be a Predicate and Action for Conditional Trigger.")


def _check_condition(condition: dict[str, Any], operation: str) -> None:
    """What is optional by the documentation, and refused all the same (https://github.com/aws/aws-cdk/issues/24575,
    https://github.com/aws/aws-cdk/issues/34652)."""
    if not condition.get("JobName") and not condition.get("CrawlerName"):
        raise InvalidInputException(operation, "a condition needs JobName with State, or CrawlerName with CrawlState")
    if condition.get("CrawlerName") and condition.get("CrawlState") not in _CRAWL_STATES:
        told = f"choose from one of the following crawler state: [{', '.join(_CRAWL_STATES)}]"
        raise InvalidInputException(operation, f"State cannot be null or empty, {told}")
    if condition.get("JobName") and not condition.get("State"):
        raise InvalidInputException(operation, "State cannot be null or empty")
    if not condition.get("LogicalOperator"):
        raise InvalidInputException(operation, "Logical operator cannot be null or empty")
