"""Workgroups, named queries and prepared statements: what moto lacks or answers otherwise than Athena."""

import copy
import time
import uuid
from typing import Any

from moto.athena.models import AthenaBackend, NamedQuery, PreparedStatement, WorkGroup
from moto.athena.responses import AthenaResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from localcloud.athena.api import pages, work_group
from localcloud.athena.workgroups import DEFAULT, InvalidRequestError, check_configuration
from localcloud.patching import add, replace

_RESULT = ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration")


class ResourceNotFoundError(ServiceException):  # type: ignore[misc]
    """`ResourceNotFoundException`, which only the operations on prepared statements and tags raise."""

    code = "ResourceNotFoundException"


@replace(AthenaResponse, "create_work_group", "(self)")
def create_work_group(self: Any) -> ActionResult:
    """Check the configuration, then let moto keep it."""
    name, configuration = self._get_param("Name"), self._get_param("Configuration") or {}
    check_configuration(configuration)
    backend: AthenaBackend = self.athena_backend
    created = backend.create_work_group(
        name, copy.deepcopy(configuration), self._get_param("Description"), self._get_param("Tags") or []
    )
    if created is None:
        raise InvalidRequestError("WorkGroup already exists")
    created.creation_time = time.time()
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html: the defaults
    created.configuration.setdefault("EnforceWorkGroupConfiguration", True)
    created.configuration["EngineVersion"] = {
        "SelectedEngineVersion": created.configuration.get("EngineVersion", {}).get("SelectedEngineVersion", "AUTO"),
        "EffectiveEngineVersion": "Athena engine version 3",
    }
    return ActionResult({})


@replace(AthenaResponse, "get_work_group", "(self)")
def get_work_group(self: Any) -> ActionResult:
    """One workgroup."""
    found = work_group(self.athena_backend, self._get_param("WorkGroup"))
    return ActionResult({"WorkGroup": {**_summary(found), "Configuration": found.configuration}})


@replace(AthenaResponse, "list_work_groups", "(self)")
def list_work_groups(self: Any) -> ActionResult:
    """All workgroups."""
    summaries = [
        {**_summary(found), "EngineVersion": found.configuration["EngineVersion"]}
        for found in self.athena_backend.work_groups.values()
    ]
    return ActionResult(pages(self, "WorkGroups", summaries, 50))


def _summary(found: WorkGroup) -> dict[str, Any]:
    return {
        "Name": found.name,
        "State": found.state,
        "Description": found.description or "",
        "CreationTime": found.__dict__.setdefault("creation_time", time.time()),
    }


@add(AthenaResponse, "update_work_group")
def update_work_group(self: Any) -> ActionResult:
    """Description, state, and the configuration: what is given replaces, what is named in Remove… goes."""
    found = work_group(self.athena_backend, self._get_param("WorkGroup"))
    updates = self._get_param("ConfigurationUpdates") or {}
    configuration = copy.deepcopy(found.configuration)
    result = configuration.setdefault("ResultConfiguration", {})
    for key, value in updates.items():
        if key == "ResultConfigurationUpdates":
            for name in _RESULT:
                if value.get(name) is not None:
                    result[name] = value[name]
                if value.get(f"Remove{name}"):
                    result.pop(name, None)
        elif key.startswith("Remove"):
            if value:
                configuration.pop(key.removeprefix("Remove"), None)
        elif key == "EngineVersion":
            configuration[key] = {**value, "EffectiveEngineVersion": "Athena engine version 3"}
        else:
            configuration[key.removesuffix("Updates")] = value
    check_configuration(configuration)
    found.configuration = configuration
    if self._get_param("Description") is not None:
        found.description = self._get_param("Description")
    if self._get_param("State"):
        found.state = self._get_param("State")
    return ActionResult({})


@replace(AthenaResponse, "delete_work_group", "(self)")
def delete_work_group(self: Any) -> ActionResult:
    """A workgroup that holds named queries or executions goes only with RecursiveDeleteOption."""
    backend: AthenaBackend = self.athena_backend
    name = self._get_param("WorkGroup")
    if name == DEFAULT:
        raise InvalidRequestError("The primary workgroup cannot be deleted")
    found = work_group(backend, name)
    queries = [query.id for query in backend.named_queries.values() if query.workgroup is found]
    executions = [execution.id for execution in backend.executions.values() if execution.workgroup == name]
    statements = [key for key in backend.prepared_statements if key[0] == name]
    if (queries or executions or statements) and not self._get_param("RecursiveDeleteOption"):
        raise InvalidRequestError(f"WorkGroup {name} is not empty")
    for query in queries:
        del backend.named_queries[query]
    for execution in executions:
        del backend.executions[execution]
    for key in statements:
        del backend.prepared_statements[key]
    backend.delete_work_group(name)
    return ActionResult({})


# Named queries


@replace(AthenaResponse, "create_named_query", "(self)")
def create_named_query(self: Any) -> ActionResult:
    """Keep a query; a repeated ClientRequestToken gives the first one's id."""
    backend: AthenaBackend = self.athena_backend
    group = work_group(backend, self._get_param("WorkGroup") or DEFAULT)
    tokens = backend.__dict__.setdefault("named_query_tokens", {})
    token = self._get_param("ClientRequestToken") or str(uuid.uuid4())
    if token not in tokens:
        tokens[token] = backend.create_named_query(
            self._get_param("Name"), self._get_param("Description"), self._get_param("Database"),
            self._get_param("QueryString"), group.name,
        )  # fmt: skip
    return ActionResult({"NamedQueryId": tokens[token]})


def _named_query(response: Any, name: str) -> NamedQuery:
    found = response.athena_backend.named_queries.get(name)
    if found is None:
        raise InvalidRequestError(f"NamedQuery {name} was not found")
    return found


def _named_query_shape(found: NamedQuery) -> dict[str, Any]:
    return {
        "Name": found.name,
        "Description": found.description,
        "Database": found.database,
        "QueryString": found.query_string,
        "NamedQueryId": found.id,
        "WorkGroup": found.workgroup.name,
    }


@replace(AthenaResponse, "get_named_query", "(self)")
def get_named_query(self: Any) -> ActionResult:
    """One named query."""
    return ActionResult({"NamedQuery": _named_query_shape(_named_query(self, self._get_param("NamedQueryId")))})


@add(AthenaResponse, "batch_get_named_query")
def batch_get_named_query(self: Any) -> ActionResult:
    """Several named queries; unknown ids come back as unprocessed."""
    found, missing = [], []
    for name in self._get_param("NamedQueryIds") or []:
        query = self.athena_backend.named_queries.get(name)
        if query is None:
            message = f"NamedQuery {name} was not found"
            missing.append({"NamedQueryId": name, "ErrorCode": "INVALID_INPUT", "ErrorMessage": message})
        else:
            found.append(_named_query_shape(query))
    return ActionResult({"NamedQueries": found, "UnprocessedNamedQueryIds": missing})


@replace(AthenaResponse, "list_named_queries", "(self)")
def list_named_queries(self: Any) -> ActionResult:
    """Ids of a workgroup's named queries."""
    group = work_group(self.athena_backend, self._get_param("WorkGroup") or DEFAULT)
    ids = [query.id for query in self.athena_backend.named_queries.values() if query.workgroup is group]
    return ActionResult(pages(self, "NamedQueryIds", ids, 50))


@add(AthenaResponse, "update_named_query")
def update_named_query(self: Any) -> ActionResult:
    """Name, text and description; the workgroup and the database stay."""
    found = _named_query(self, self._get_param("NamedQueryId"))
    found.name, found.query_string = self._get_param("Name"), self._get_param("QueryString")
    if self._get_param("Description") is not None:
        found.description = self._get_param("Description")
    return ActionResult({})


@add(AthenaResponse, "delete_named_query")
def delete_named_query(self: Any) -> ActionResult:
    """Forget a named query."""
    found = _named_query(self, self._get_param("NamedQueryId"))
    del self.athena_backend.named_queries[found.id]
    return ActionResult({})


# Prepared statements, kept by (workgroup, name): moto keeps one name for all workgroups


def _statement(response: Any, name: str) -> PreparedStatement:
    group = work_group(response.athena_backend, response._get_param("WorkGroup"))
    found = response.athena_backend.prepared_statements.get((group.name, name))
    if found is None:
        raise ResourceNotFoundError(f"PreparedStatement {name} was not found in workGroup {group.name}")
    return found


def _statement_shape(found: PreparedStatement) -> dict[str, Any]:
    return {
        "StatementName": found.statement_name,
        "QueryStatement": found.query_statement,
        "WorkGroupName": found.workgroup.name,
        "Description": found.description,
        "LastModifiedTime": found.last_modified_time,
    }


@replace(AthenaResponse, "create_prepared_statement", "(self)")
def create_prepared_statement(self: Any) -> ActionResult:
    """Keep a statement under a name that is free in its workgroup."""
    group, name = work_group(self.athena_backend, self._get_param("WorkGroup")), self._get_param("StatementName")
    if (group.name, name) in self.athena_backend.prepared_statements:
        raise InvalidRequestError(f"PreparedStatement {name} already exists in WorkGroup {group.name}")
    created = PreparedStatement(name, group, self._get_param("QueryStatement"), self._get_param("Description"))
    self.athena_backend.prepared_statements[group.name, name] = created
    return ActionResult({})


@replace(AthenaResponse, "get_prepared_statement", "(self)")
def get_prepared_statement(self: Any) -> ActionResult:
    """One prepared statement."""
    return ActionResult({"PreparedStatement": _statement_shape(_statement(self, self._get_param("StatementName")))})


@add(AthenaResponse, "batch_get_prepared_statement")
def batch_get_prepared_statement(self: Any) -> ActionResult:
    """Several prepared statements; unknown names come back as unprocessed."""
    group = work_group(self.athena_backend, self._get_param("WorkGroup"))
    found, missing = [], []
    for name in self._get_param("PreparedStatementNames") or []:
        statement = self.athena_backend.prepared_statements.get((group.name, name))
        if statement is None:
            message = f"PreparedStatement {name} was not found in workGroup {group.name}"
            missing.append({"StatementName": name, "ErrorCode": "STATEMENT_NOT_FOUND", "ErrorMessage": message})
        else:
            found.append(_statement_shape(statement))
    return ActionResult({"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing})


@add(AthenaResponse, "list_prepared_statements")
def list_prepared_statements(self: Any) -> ActionResult:
    """The prepared statements of a workgroup."""
    group = work_group(self.athena_backend, self._get_param("WorkGroup"))
    summaries = [
        {"StatementName": name, "LastModifiedTime": statement.last_modified_time}
        for (owner, name), statement in self.athena_backend.prepared_statements.items()
        if owner == group.name
    ]
    return ActionResult(pages(self, "PreparedStatements", summaries, 50))


@add(AthenaResponse, "update_prepared_statement")
def update_prepared_statement(self: Any) -> ActionResult:
    """Replace the text of a prepared statement."""
    found = _statement(self, self._get_param("StatementName"))
    self.athena_backend.prepared_statements[found.workgroup.name, found.statement_name] = PreparedStatement(
        found.statement_name, found.workgroup, self._get_param("QueryStatement"),
        self._get_param("Description") or found.description,
    )  # fmt: skip
    return ActionResult({})


@add(AthenaResponse, "delete_prepared_statement")
def delete_prepared_statement(self: Any) -> ActionResult:
    """Forget a prepared statement."""
    found = _statement(self, self._get_param("StatementName"))
    del self.athena_backend.prepared_statements[found.workgroup.name, found.statement_name]
    return ActionResult({})
