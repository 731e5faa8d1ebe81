"""One crawl: look at the targets, bring the catalog up to date, tell what changed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localcloud.glue.crawler_inference import ClassificationError, Classified, classify
from localcloud.glue.crawler_listing import (
    Folder,
    list_target,
    partition_keys,
    partition_values,
    split_target,
    tables_of,
)

_BATCH = 100  # BatchCreatePartition; BatchDeletePartition takes 25
_DELETE_BATCH = 25


class CrawlStoppedError(Exception):
    """StopCrawler was called."""


@dataclass
class Changes:
    """What a crawl did to the catalog."""

    tables_created: int = 0
    tables_updated: int = 0
    tables_deleted: int = 0
    partitions_created: int = 0
    log: list[str] = field(default_factory=list)


class Crawl:
    """A crawl of the crawler ``definition`` (members of API_Crawler)."""

    def __init__(
        self,
        name: str,
        definition: Mapping[str, Any],
        *,
        glue: Any,
        s3: Any,
        classifier: Mapping[str, Any] | None,
        stopped: Callable[[], bool],
    ) -> None:
        self.name = name
        self.definition = definition
        self.glue, self.s3 = glue, s3
        self.classifier = classifier
        self.stopped = stopped
        self.changes = Changes()
        policy = definition.get("SchemaChangePolicy") or {}
        self.update = policy.get("UpdateBehavior", "UPDATE_IN_DATABASE")
        self.delete = policy.get("DeleteBehavior", "DEPRECATE_IN_DATABASE")
        self.new_only = (definition.get("RecrawlPolicy") or {}).get("RecrawlBehavior") == "CRAWL_NEW_FOLDERS_ONLY"
        output = json.loads(definition.get("Configuration") or "{}").get("CrawlerOutput", {})
        self.inherit = output.get("Partitions", {}).get("AddOrUpdateBehavior") == "InheritFromTable"
        self.merge = output.get("Tables", {}).get("AddOrUpdateBehavior") == "MergeNewColumns"
        self._seen: set[str] = set()

    def run(self) -> Changes:
        """Crawl all targets. Raises what goes wrong; CrawlStoppedError when stopped."""
        targets = self.definition["Targets"]
        for target in targets.get("S3Targets") or []:
            self._s3_target(target)
        for target in targets.get("CatalogTargets") or []:
            for table in target["Tables"]:
                self._catalog_target(target["DatabaseName"], table)
        if targets.get("S3Targets") and not self.new_only:
            self._missing_tables()
        return self.changes

    # --- targets --------------------------------------------------------------------------------------------

    def _s3_target(self, target: Mapping[str, Any]) -> None:
        objects = list_target(self.s3, target["Path"], target.get("Exclusions") or ())
        self._log(f"{target['Path']}: {len(objects)} objects")
        database = self.definition["DatabaseName"]
        for folder in tables_of(target["Path"], objects):
            self._check_stopped()
            name = (self.definition.get("TablePrefix") or "") + folder.name
            self._seen.add(name)
            table = self._find(database, name)
            if table is not None and self.new_only:
                self._partitions(database, table, folder, None)
                continue
            found = classify(self.s3, folder, self.classifier, target.get("SampleSize"))
            keys = partition_keys(folder.partition_folders())
            if table is None:
                table = self._create(database, name, folder, found, keys)
            else:
                table = self._update(database, table, folder, found)
            self._partitions(database, table, folder, found)

    def _catalog_target(self, database: str, name: str) -> None:
        self._check_stopped()
        table = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        location = table["StorageDescriptor"]["Location"]
        bucket, prefix = split_target(location)
        folder = Folder(bucket, prefix.rstrip("/") + "/", tuple(list_target(self.s3, location)))
        self._log(f"{location}: {len(folder.objects)} objects")
        found = None
        if self.update == "UPDATE_IN_DATABASE" and folder.objects:
            found = classify(self.s3, folder, self.classifier, None)
            table = self._update(database, table, folder, found)
        self._partitions(database, table, folder, found)

    # --- the catalog ----------------------------------------------------------------------------------------

    def _create(self, database: str, name: str, folder: Folder, found: Classified, keys: list[str]) -> dict[str, Any]:
        storage = found.storage(folder.location)
        storage["Columns"] = [column for column in storage["Columns"] if column["Name"] not in keys]
        table = {
            "Name": name,
            "Owner": "owner",
            "TableType": "EXTERNAL_TABLE",
            "Retention": 0,
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
            "StorageDescriptor": storage,
            "Parameters": self._parameters(folder, found),
        }
        self.glue.create_table(DatabaseName=database, TableInput=table)
        self.changes.tables_created += 1
        self._log(f"Created table {name} in database {database}")
        return table

    def _update(self, database: str, table: dict[str, Any], folder: Folder, found: Classified) -> dict[str, Any]:
        """Bring columns up to date, if the policy allows it."""
        if self.update == "LOG":
            return table
        keys = {key["Name"] for key in table.get("PartitionKeys", [])}
        new = [{"Name": name, "Type": kind} for name, kind in found.columns if name not in keys]
        old = table["StorageDescriptor"].get("Columns", [])
        if self.merge:
            names = {column["Name"] for column in old}
            new = [*old, *(column for column in new if column["Name"] not in names)]
        deprecated = "DEPRECATED_BY_CRAWLER" in table.get("Parameters", {})
        same = [(column["Name"], column["Type"]) for column in old] == [(c["Name"], c["Type"]) for c in new]
        if same and not deprecated:
            return table
        table["StorageDescriptor"]["Columns"] = new
        parameters = {**table.get("Parameters", {}), **self._parameters(folder, found)}
        table["Parameters"] = {name: value for name, value in parameters.items() if name != "DEPRECATED_BY_CRAWLER"}
        self._put(database, table)
        self._log(f"Updated table {table['Name']} in database {database}")
        return table

    def _put(self, database: str, table: dict[str, Any]) -> None:
        allowed = self.glue.meta.service_model.shape_for("TableInput").members
        self.glue.update_table(
            DatabaseName=database, TableInput={name: value for name, value in table.items() if name in allowed}
        )
        self.changes.tables_updated += 1

    def _partitions(self, database: str, table: dict[str, Any], folder: Folder, found: Classified | None) -> None:
        keys = table.get("PartitionKeys", [])
        if not keys:
            return
        known = self._known_partitions(database, table["Name"])
        folders = folder.partition_folders()
        odd = next((parts for parts in folders if len(parts) != len(keys)), None)
        if odd is not None:
            where = f"{folder.location}{'/'.join(odd)}"
            raise ClassificationError(f"{where} does not fit the {len(keys)} partition keys")
        there = {tuple(partition_values(parts)): parts for parts in folders}
        new = [values for values in there if values not in known]
        for at in range(0, len(new), _BATCH):
            self._check_stopped()
            batch = new[at : at + _BATCH]
            inputs = [self._partition(table, folder, found, values, there[values]) for values in batch]
            answer = self.glue.batch_create_partition(
                DatabaseName=database, TableName=table["Name"], PartitionInputList=inputs
            )
            if answer.get("Errors"):
                raise RuntimeError(f"partitions of {table['Name']}: {answer['Errors'][0]['ErrorDetail']}")
        self.changes.partitions_created += len(new)
        if new:
            self._log(f"Created {len(new)} partitions of table {table['Name']} in database {database}")
        if not self.new_only:
            gone = [partition for values, partition in known.items() if values not in there]
            self._missing_partitions(database, table["Name"], gone)

    def _partition(
        self,
        table: dict[str, Any],
        folder: Folder,
        found: Classified | None,
        values: tuple[str, ...],
        parts: tuple[str, ...],
    ) -> dict[str, Any]:
        storage = dict(table["StorageDescriptor"])
        if found is not None and not self.inherit:
            keys = {key["Name"] for key in table["PartitionKeys"]}
            storage = found.storage("")
            storage["Columns"] = [column for column in storage["Columns"] if column["Name"] not in keys]
        storage["Location"] = f"{folder.location}{'/'.join(parts)}/"
        return {"Values": list(values), "StorageDescriptor": storage, "Parameters": {}}

    def _known_partitions(self, database: str, table: str) -> dict[tuple[str, ...], dict[str, Any]]:
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
        return {tuple(item["Values"]): item for page in pages for item in page["Partitions"]}

    # --- what is no longer there ----------------------------------------------------------------------------

    def _missing_partitions(self, database: str, table: str, missing: list[dict[str, Any]]) -> None:
        if self.delete == "DELETE_FROM_DATABASE":
            for at in range(0, len(missing), _DELETE_BATCH):
                values = [{"Values": item["Values"]} for item in missing[at : at + _DELETE_BATCH]]
                self.glue.batch_delete_partition(DatabaseName=database, TableName=table, PartitionsToDelete=values)
        elif self.delete == "DEPRECATE_IN_DATABASE":
            allowed = self.glue.meta.service_model.shape_for("PartitionInput").members
            for item in missing:
                item["Parameters"] = {**item.get("Parameters", {}), "DEPRECATED_BY_CRAWLER": _now()}
                self.glue.update_partition(
                    DatabaseName=database,
                    TableName=table,
                    PartitionValueList=item["Values"],
                    PartitionInput={name: value for name, value in item.items() if name in allowed},
                )
        if missing:
            self._log(f"{len(missing)} partitions of {table} have no objects: {self.delete}")

    def _missing_tables(self) -> None:
        """Tables that this crawler made and that have no objects any more."""
        database = self.definition["DatabaseName"]
        for page in self.glue.get_paginator("get_tables").paginate(DatabaseName=database):
            for table in page["TableList"]:
                parameters = table.get("Parameters", {})
                mine = parameters.get("UPDATED_BY_CRAWLER") == self.name
                if not mine or table["Name"] in self._seen:
                    continue
                self._log(f"Table {table['Name']} has no objects: {self.delete}")
                if self.delete == "DELETE_FROM_DATABASE":
                    self.glue.delete_table(DatabaseName=database, Name=table["Name"])
                    self.changes.tables_deleted += 1
                elif self.delete == "DEPRECATE_IN_DATABASE" and "DEPRECATED_BY_CRAWLER" not in parameters:
                    table["Parameters"] = {**parameters, "DEPRECATED_BY_CRAWLER": _now()}
                    self._put(database, table)

    # --- small things ---------------------------------------------------------------------------------------

    def _find(self, database: str, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            self.glue.get_database(Name=database)
            return None
        return found

    def _parameters(self, folder: Folder, found: Classified) -> dict[str, str]:
        return {
            "classification": found.classification,
            "compressionType": "none",
            "objectCount": str(len(folder.objects)),
            "sizeKey": str(sum(item.size for item in folder.objects)),
            "CrawlerSchemaSerializerVersion": "1.0",
            "CrawlerSchemaDeserializerVersion": "1.0",
            "UPDATED_BY_CRAWLER": self.name,
            **found.parameters,
        }

    def _check_stopped(self) -> None:
        if self.stopped():
            raise CrawlStoppedError

    def _log(self, text: str) -> None:
        self.changes.log.append(text)


def _now() -> str:
    return str(int(datetime.now(UTC).timestamp() * 1000))
