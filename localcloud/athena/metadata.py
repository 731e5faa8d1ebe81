"""Athena's view of the catalog: databases and tables as Glue has them, data catalogs, tags."""

from typing import Any

from moto.athena.responses import AthenaResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from localcloud.athena.api import pages
from localcloud.athena.catalog import CATALOG
from localcloud.athena.control import ResourceNotFoundError
from localcloud.cloud import current
from localcloud.patching import add, replace


class MetadataError(ServiceException):  # type: ignore[misc]
    """`MetadataException`: the catalog does not have it."""

    code = "MetadataException"


def _glue(response: Any) -> Any:
    name = (response._get_param("CatalogName") or CATALOG).lower()
    if name != CATALOG:
        raise MetadataError(f"Catalog {name} is not served by the local Athena (only AwsDataCatalog is)")
    return current().engine_client("glue", response.region)


def _not_found(error: Exception) -> MetadataError:
    return MetadataError(
        f"{error} (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException)"
    )


def _database(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: raw[key] for key in ("Name", "Description", "Parameters") if key in raw}


def _table(raw: dict[str, Any]) -> dict[str, Any]:
    descriptor = raw.get("StorageDescriptor") or {}
    parameters = {
        **{key: str(value) for key, value in (raw.get("Parameters") or {}).items()},
        "inputformat": descriptor.get("InputFormat", ""),
        "location": descriptor.get("Location", ""),
        "outputformat": descriptor.get("OutputFormat", ""),
        "serde.serialization.lib": (descriptor.get("SerdeInfo") or {}).get("SerializationLibrary", ""),
        **{
            f"serde.param.{key}": value
            for key, value in (descriptor.get("SerdeInfo") or {}).get("Parameters", {}).items()
        },
    }
    found = {
        "Name": raw["Name"],
        "CreateTime": raw.get("CreateTime"),
        "TableType": raw.get("TableType"),
        "Columns": [_column(column) for column in descriptor.get("Columns") or []],
        "PartitionKeys": [_column(column) for column in raw.get("PartitionKeys") or []],
        "Parameters": parameters,
    }
    return {key: value for key, value in found.items() if value is not None}


def _column(raw: dict[str, str]) -> dict[str, str]:
    return {key: raw[key] for key in ("Name", "Type", "Comment") if raw.get(key)}


@replace(AthenaResponse, "get_database", "(self)")
def get_database(self: Any) -> ActionResult:
    """A Glue database."""
    glue = _glue(self)
    try:
        return ActionResult(
            {"Database": _database(glue.get_database(Name=self._get_param("DatabaseName"))["Database"])}
        )
    except glue.exceptions.EntityNotFoundException as error:
        raise _not_found(error) from error


@replace(AthenaResponse, "list_databases", "(self)")
def list_databases(self: Any) -> ActionResult:
    """The Glue databases."""
    found = [item for page in _glue(self).get_paginator("get_databases").paginate() for item in page["DatabaseList"]]
    names = sorted((_database(item) for item in found), key=lambda item: str(item["Name"]))
    return ActionResult(pages(self, "DatabaseList", names, 50))


@add(AthenaResponse, "get_table_metadata")
def get_table_metadata(self: Any) -> ActionResult:
    """A Glue table."""
    glue = _glue(self)
    try:
        found = glue.get_table(DatabaseName=self._get_param("DatabaseName"), Name=self._get_param("TableName"))[
            "Table"
        ]
    except glue.exceptions.EntityNotFoundException as error:
        raise _not_found(error) from error
    return ActionResult({"TableMetadata": _table(found)})


@add(AthenaResponse, "list_table_metadata")
def list_table_metadata(self: Any) -> ActionResult:
    """The tables of a Glue database."""
    glue, given = _glue(self), {"DatabaseName": self._get_param("DatabaseName")}
    if self._get_param("Expression"):
        given["Expression"] = self._get_param("Expression")
    try:
        found = [item for page in glue.get_paginator("get_tables").paginate(**given) for item in page["TableList"]]
    except glue.exceptions.EntityNotFoundException as error:
        raise _not_found(error) from error
    return ActionResult(pages(self, "TableMetadataList", [_table(item) for item in found], 50))


@replace(AthenaResponse, "list_data_catalogs", "(self)")
def list_data_catalogs(self: Any) -> ActionResult:
    """Glue's, which is always there, and those that were created (their data is not reachable here)."""
    own = {"CatalogName": "AwsDataCatalog", "Type": "GLUE", "Status": "CREATE_COMPLETE"}
    return ActionResult(pages(self, "DataCatalogsSummary", [own, *self.athena_backend.list_data_catalogs()], 50))


@add(AthenaResponse, "list_engine_versions")
def list_engine_versions(self: Any) -> ActionResult:
    """What a workgroup can select here."""
    version = "Athena engine version 3"
    versions = [{"SelectedEngineVersion": name, "EffectiveEngineVersion": version} for name in ("AUTO", version)]
    return ActionResult(pages(self, "EngineVersions", versions, 10))


@replace(AthenaResponse, "list_tags_for_resource", "(self)")
def list_tags_for_resource(self: Any) -> ActionResult:
    """Tags of a workgroup or data catalog, none of which is an answer too."""
    arn = self._get_param("ResourceARN")
    backend = self.athena_backend
    known = {item.arn for item in (*backend.work_groups.values(), *backend.data_catalogs.values())}
    if arn not in known:
        raise ResourceNotFoundError(f"Athena Resource, {arn} Does Not Exist")
    return ActionResult({"Tags": backend.tagger.list_tags_for_resource(arn)["Tags"]})
