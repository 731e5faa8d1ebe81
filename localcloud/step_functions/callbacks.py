"""Task tokens and activities: work that others do, and tell the end of."""

import json
import threading
import time
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_activitiy import StateTaskActivity
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    ActivityTaskStartEndpoint,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)
from moto.stepfunctions.parser.backend.activity import Activity, ActivityTask
from moto.stepfunctions.parser.backend.state_machine import TagManager

from localcloud.patching import replace
from localcloud.step_functions import json_text, names
from localcloud.step_functions.failures import runtime
from localcloud.step_functions.operations import Call, StatesError, operation, paged

_POLL = 60.0  # seconds that GetActivityTask holds the connection open
_given = threading.Condition()  # a task for a worker


def _endpoint(call: Call) -> Any:
    """What waits for the token. Raises when nothing does."""
    token = call["taskToken"]
    for execution in list(call.store.executions.values()):
        environment = execution.environment
        found = environment.callback_pool_manager.get(token) if environment is not None else None
        if found is not None:
            if execution.exec_status != "RUNNING" or found.consumer_error or found._notify_event.is_set():
                raise StatesError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
            return found
    raise StatesError("InvalidToken", "Invalid Token: 'Invalid token'")


@operation("SendTaskSuccess")
def send_task_success(call: Call) -> None:
    endpoint = _endpoint(call)
    try:
        json.loads(call["output"])
    except ValueError:
        told = json_text.fault(call["output"]).message
        raise StatesError("InvalidOutput", f"Invalid Output: '{told}'") from None
    endpoint.notify(CallbackOutcomeSuccess(call["taskToken"], call["output"]))


@operation("SendTaskFailure")
def send_task_failure(call: Call) -> None:
    _endpoint(call).notify(CallbackOutcomeFailure(call["taskToken"], call.get("error"), call.get("cause")))


@operation("SendTaskHeartbeat")
def send_task_heartbeat(call: Call) -> None:
    _endpoint(call).notify_heartbeat()


def _activity(call: Call) -> Any:
    arn = names.activity(call["activityArn"])
    found = call.store.activities.get(arn)
    if found is None:
        raise StatesError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
    return found


@operation("CreateActivity")
def create_activity(call: Call) -> dict[str, Any]:
    """Again with the same name is the same activity."""
    arn = call.store.arn("activity", names.name(call["name"]))
    activity = call.store.activities.get(arn)
    if activity is None:
        activity = call.store.activities[arn] = Activity(arn, call["name"])
        activity.tag_manager = TagManager()
        activity.tag_manager.add_all(call.get("tags") or [])
        activity.encryption = call.get("encryptionConfiguration") or {"type": "AWS_OWNED_KEY"}
    return {"activityArn": arn, "creationDate": activity.creation_date}


@operation("DescribeActivity")
def describe_activity(call: Call) -> dict[str, Any]:
    activity = _activity(call)
    return {**activity.to_describe_activity_output(), "encryptionConfiguration": activity.encryption}


@operation("ListActivities")
def list_activities(call: Call) -> dict[str, Any]:
    found = [activity.to_activity_list_item() for activity in call.store.activities.values()]
    return paged(call, "activities", sorted(found, key=lambda item: item["name"]), "activityArn")


@operation("DeleteActivity")
def delete_activity(call: Call) -> None:
    call.store.activities.pop(names.activity(call["activityArn"]), None)


@replace(StateTaskActivity, "_eval_state", "(self, env)")
def eval_activity(self: Any, env: Any) -> None:
    """Of an activity that there is."""
    arn = self.resource.resource_arn
    if arn not in env.activity_store:
        raise runtime(env, f"The activity {arn} does not exist.")
    eval_activity.original(self, env)  # type: ignore[attr-defined]


@replace(ActivityTaskStartEndpoint, "wait", "(self, timeout_seconds)")
def wait_for_worker(self: Any, timeout_seconds: float) -> Any:
    """None when there was no worker in time."""
    self._next_activity_task_start_event.wait(timeout=timeout_seconds)
    return getattr(self, "_outcome", None)


@replace(Activity, "add_task", "(self, task)")
def add_task(self: Any, task: ActivityTask) -> None:
    """Wake the workers that wait for one."""
    with _given:
        add_task.original(self, task)  # type: ignore[attr-defined]
        _given.notify_all()


@operation("GetActivityTask")
def get_activity_task(call: Call) -> dict[str, Any]:
    """Waits for a task, up to a minute; its answer without one is empty."""
    activity, deadline = _activity(call), time.monotonic() + _POLL
    while time.monotonic() < deadline and call.engine.is_current(call.store):
        with _given:
            if not activity._tasks:
                _given.wait(0.5)
            task = activity.get_task() if activity._tasks else None
        if task is not None and _begun(call, task.task_token):
            return {"taskToken": task.task_token, "input": task.task_input}
    return {}


def _begun(call: Call, token: str) -> bool:
    """Tell the state that its task has a worker; False when nobody waits for it any more."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        for execution in list(call.store.executions.values()):
            environment = execution.environment
            found = environment.callback_pool_manager.get(token) if environment is not None else None
            if found is not None:
                found.notify_activity_task_start(call.get("workerName"))
                return bool(execution.exec_status == "RUNNING")
        time.sleep(0.01)  # the state makes the task before what waits for it
    return False
