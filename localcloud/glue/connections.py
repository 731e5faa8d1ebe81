"""Connections: changing and deleting them, and the subnet that a NETWORK connection stands for."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.models import FakeConnection, GlueBackend
from moto.glue.responses import GlueResponse

from localcloud.patching import add, replace


def subnet_of(backend: GlueBackend, names: list[str]) -> str | None:
    """The subnet that a job or a crawler with these connections runs in; None: in Glue's own network.

    Raises:
        EntityNotFoundException: there is no such connection.
    """
    for name in names:
        connection = backend.get_connection("", name, "")
        where = connection.connection_input.get("PhysicalConnectionRequirements") or {}
        if where.get("SubnetId"):
            return str(where["SubnetId"])
    return None


@replace(FakeConnection, "as_dict", "(self, hide_password)")
def as_dict(self: Any, hide_password: bool = False) -> dict[str, Any]:
    """As https://docs.aws.amazon.com/glue/latest/webapi/API_Connection.html has it; moto leaves out the type."""
    told: dict[str, Any] = as_dict.original(self, hide_password)  # type: ignore[attr-defined]
    return {**told, "ConnectionType": self.connection_input.get("ConnectionType")}


@add(GlueResponse, "update_connection")
def update_connection(self: Any) -> ActionResult:
    """Overwrites the definition (https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateConnection.html)."""
    backend, name = self.glue_backend, self._get_param("Name")
    before = backend.get_connection("", name, "")
    given = {**self._get_param("ConnectionInput"), "Name": name}
    backend.connections[name] = FakeConnection(backend, before.catalog_id, given, {})
    backend.connections[name].created_time = before.created_time
    return EmptyResult()


@add(GlueResponse, "delete_connection")
def delete_connection(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/glue/latest/webapi/API_DeleteConnection.html"""
    backend, name = self.glue_backend, self._get_param("ConnectionName")
    backend.get_connection("", name, "")  # raises EntityNotFoundException
    del backend.connections[name]
    return EmptyResult()
