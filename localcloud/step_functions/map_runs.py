"""Map runs: what distributed Map states do, told while they do it."""

from typing import Any

from localcloud.step_functions import names
from localcloud.step_functions.executions import existing
from localcloud.step_functions.operations import Call, StatesError, operation, paged


def _record(call: Call) -> Any:
    arn = names.map_run(call["mapRunArn"])
    for execution in list(call.store.executions.values()):
        environment = execution.environment
        found = environment.map_run_record_pool_manager.get(arn) if environment is not None else None
        if found is not None:
            return found
    raise StatesError("ResourceNotFound", f"Map Run Does Not Exist: '{arn}'")


@operation("DescribeMapRun")
def describe_map_run(call: Call) -> dict[str, Any]:
    return dict(_record(call).describe())


@operation("ListMapRuns")
def list_map_runs(call: Call) -> dict[str, Any]:
    """Of an execution, in the order in which they began."""
    environment = existing(call).environment
    records = environment.map_run_record_pool_manager.get_all() if environment is not None else []
    return paged(call, "mapRuns", [record.list_item() for record in records], "mapRunArn")


@operation("UpdateMapRun")
def update_map_run(call: Call) -> None:
    """Heeded from the next item on."""
    record = _record(call)
    if record.stop_date is not None:
        raise StatesError("ValidationException", "The Map Run is not running: it cannot be updated")
    record.update(
        call.get("maxConcurrency"), call.get("toleratedFailureCount"), call.get("toleratedFailurePercentage")
    )
