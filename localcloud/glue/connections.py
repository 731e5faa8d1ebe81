"""Connections: changing and deleting them, and the way to S3 of what runs with them."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.models import FakeConnection, GlueBackend
from moto.glue.responses import GlueResponse

from localcloud.iam.call import Caller
from localcloud.iam.sessions import check
from localcloud.network import Keys, way_to_s3
from localcloud.patching import add, replace


def way_of(backend: GlueBackend, names: list[str], caller: Caller) -> Keys:
    """The way to S3 of a job or a crawler with these connections: `way_to_s3` of the first one's subnet.

    Raises:
        EntityNotFoundException: there is no such connection.
        AccessDeniedError: the cloud enforces, and the role may not look at it.
    """
    for name in names:
        connection = backend.get_connection("", name, "")
        where = f"arn:aws:glue:{backend.region_name}:{backend.account_id}"
        check(caller, "glue:GetConnection", f"{where}:catalog", f"{where}:connection/{name}")
        required = connection.connection_input.get("PhysicalConnectionRequirements") or {}
        if required.get("SubnetId"):
            return way_to_s3(backend.region_name, [required["SubnetId"]])
    return ()


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
