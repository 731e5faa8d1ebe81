"""Athena's API over moto's: executions are ours, the rest is completed.

Executions live in moto's backend object, so that moto's reset forgets them.
"""

import json
from typing import Any

from moto.athena.models import AthenaBackend
from moto.athena.responses import AthenaResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from localcloud.athena.executions import Execution
from localcloud.athena.results import page
from localcloud.athena.workgroups import DEFAULT, InvalidRequestError, result_configuration
from localcloud.cloud import current
from localcloud.patching import add, replace

MAX_QUERY = 262_144  # bytes, https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
MAX_ACTIVE = 200  # queries queued and running, https://docs.aws.amazon.com/general/latest/gr/athena.html (us-east-1)
MAX_RESULTS = 1000
_ANSWER_WAIT = 0.2  # s: an answer that waits this long for the end saves a client its next poll


class TooManyRequestsError(ServiceException):  # type: ignore[misc]
    """https://docs.aws.amazon.com/athena/latest/ug/service-limits.html"""

    code = "TooManyRequestsException"

    def __init__(self) -> None:
        super().__init__(
            "You have exceeded the limit for the number of queries you can run concurrently. Reduce the number of "
            "concurrent queries submitted by this account."
        )
        self.reason = "CONCURRENT_QUERY_LIMIT_EXCEEDED"


@replace(AthenaResponse, "start_query_execution", "(self)")
def start_query_execution(self: Any) -> ActionResult:
    """Check the input as Athena does before it accepts a query, then queue it."""
    backend: AthenaBackend = self.athena_backend
    query = self._get_param("QueryString") or ""
    if not query.strip():
        raise InvalidRequestError("Query string is empty")
    if len(query.encode()) > MAX_QUERY:
        raise InvalidRequestError(f"Query string is longer than {MAX_QUERY} bytes")
    workgroup = work_group(backend, self._get_param("WorkGroup") or DEFAULT)
    if workgroup.state == "DISABLED":
        raise InvalidRequestError(f"WorkGroup {workgroup.name} is disabled.")
    token = self._get_param("ClientRequestToken")
    context = self._get_param("QueryExecutionContext") or {}
    configuration = result_configuration(workgroup.configuration, self._get_param("ResultConfiguration"))
    parameters = self._get_param("ExecutionParameters")
    request = (query, workgroup.name, repr(context), repr(parameters))
    tokens: dict[str, tuple[Any, str]] = backend.__dict__.setdefault("client_request_tokens", {})
    if token and token in tokens:
        if tokens[token][0] != request:
            raise InvalidRequestError("Idempotent parameters do not match")
        return ActionResult({"QueryExecutionId": tokens[token][1]})
    pool = current().engines["athena"].pool
    if pool.active >= MAX_ACTIVE:
        raise TooManyRequestsError
    execution = Execution(
        query=query,
        database=(context.get("Database") or "default").strip('`"').lower(),
        catalog=context.get("Catalog") or "awsdatacatalog",
        workgroup=workgroup.name,
        configuration=configuration,
        parameters=parameters,
        cutoff=workgroup.configuration.get("BytesScannedCutoffPerQuery"),
        enforced=bool(workgroup.configuration.get("EnforceWorkGroupConfiguration", True)),
    )
    backend.executions[execution.id] = execution
    if token:
        tokens[token] = (request, execution.id)
    pool.submit(execution)
    return ActionResult({"QueryExecutionId": execution.id})


def work_group(backend: AthenaBackend, name: str) -> Any:
    """moto's workgroup.

    Raises:
        InvalidRequestError: there is none of that name.
    """
    if name not in backend.work_groups:
        raise InvalidRequestError("WorkGroup is not found.")
    return backend.work_groups[name]


def find_execution(response: Any) -> Execution:
    """The execution that a request names.

    Raises:
        InvalidRequestError: there is none.
    """
    name = response._get_param("QueryExecutionId")
    found = response.athena_backend.executions.get(name)
    if found is None:
        raise InvalidRequestError(f"QueryExecution {name} was not found")
    return found  # type: ignore[no-any-return]


@replace(AthenaResponse, "get_query_execution", "(self)")
def get_query_execution(self: Any) -> ActionResult:
    """State, reason and statistics."""
    execution = find_execution(self)
    execution.done.wait(_ANSWER_WAIT)
    return ActionResult({"QueryExecution": execution.describe()})


@add(AthenaResponse, "batch_get_query_execution")
def batch_get_query_execution(self: Any) -> ActionResult:
    """Several executions; unknown ids come back as unprocessed."""
    found, missing = [], []
    for name in self._get_param("QueryExecutionIds") or []:
        execution = self.athena_backend.executions.get(name)
        if execution is None:
            missing.append({
                "QueryExecutionId": name,
                "ErrorCode": "INVALID_INPUT",
                "ErrorMessage": f"QueryExecution {name} was not found",
            })  # fmt: skip
        else:
            found.append(execution.describe())
    return ActionResult({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})


@replace(AthenaResponse, "get_query_results", "(self)")
def get_query_results(self: Any) -> str:
    """A page of rows, the first with the header; plain JSON, because moto's serializer takes 0.1 s for 1000 rows."""
    execution = find_execution(self)
    if execution.state in ("QUEUED", "RUNNING"):
        raise InvalidRequestError(f"Query has not yet finished. Current state: {execution.state}")
    if execution.state != "SUCCEEDED":
        raise InvalidRequestError(f"Query did not finish successfully. Final query state: {execution.state}")
    size = self._get_param("MaxResults") or MAX_RESULTS
    if not 1 <= int(size) <= MAX_RESULTS:
        raise InvalidRequestError(f"MaxResults is more than maximum allowed length {MAX_RESULTS}.")
    start = position(self._get_param("NextToken"), execution.id)
    result_set, following = page(execution.result, start, int(size))
    answer: dict[str, Any] = {"ResultSet": result_set, "UpdateCount": execution.result.update_count or 0}
    if following is not None:
        answer["NextToken"] = f"{execution.id}:{following}"
    return json.dumps(answer)


def position(token: str | None, owner: str) -> int:
    """The place that a page token means.

    Raises:
        InvalidRequestError: it is not one of ours.
    """
    if not token:
        return 0
    name, _, at = token.rpartition(":")
    if name != owner or not at.isdigit():
        raise InvalidRequestError("Invalid token")
    return int(at)


@replace(AthenaResponse, "list_query_executions", "(self)")
def list_query_executions(self: Any) -> ActionResult:
    """Ids of a workgroup's executions, newest first."""
    name = work_group(self.athena_backend, self._get_param("WorkGroup") or DEFAULT).name
    executions = [found for found in self.athena_backend.executions.values() if found.workgroup == name]
    ids = [execution.id for execution in reversed(executions)]
    return ActionResult(pages(self, "QueryExecutionIds", ids, 50))


def pages(response: Any, key: str, items: list[Any], largest: int) -> dict[str, Any]:
    """A page of a list answer, ``MaxResults`` and ``NextToken`` as every list of Athena has them."""
    size = int(response._get_param("MaxResults") or largest)
    start = position(response._get_param("NextToken"), key)
    answer: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        answer["NextToken"] = f"{key}:{start + size}"
    return answer


@replace(AthenaResponse, "stop_query_execution", "(self)")
def stop_query_execution(self: Any) -> ActionResult:
    """Cancel, if there is something to cancel."""
    find_execution(self).cancel()
    return ActionResult({})


@replace(AthenaResponse, "get_query_runtime_statistics", "(self)")
def get_query_runtime_statistics(self: Any) -> ActionResult:
    """Rows and times; stages are Trino's and have no equal here."""
    execution = find_execution(self)
    statistics = execution.describe()["Statistics"]
    timeline = {key: value for key, value in statistics.items() if key.endswith("InMillis")}
    rows = {
        "InputBytes": execution.scanned,
        "OutputRows": len(execution.result.rows),
    }
    return ActionResult({"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}})
