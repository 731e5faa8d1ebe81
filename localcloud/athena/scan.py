"""A table in a query: which files it takes, how many bytes that is, and the DuckDB relation over them."""
# ruff: noqa: S608 - the engine's SQL is made here, of identifiers and literals that are quoted

import re
from dataclasses import dataclass, field
from typing import Any

from localcloud.athena import projection, pruning, readers
from localcloud.athena.catalog import Catalog, Partition, Table
from localcloud.athena.errors import QueryError
from localcloud.athena.objects import ObjectStore, S3Object
from localcloud.athena.sessions import Session
from localcloud.athena.types import duckdb_type

_PLAIN = re.compile(r"[A-Za-z0-9_.:-]*")  # partition values that no reader has to decode


@dataclass
class Scan:
    """What reading one table comes to: the relation, the objects, the bytes Athena would charge."""

    relation: str
    files: list[S3Object] = field(default_factory=list)
    bytes: int = 0


@dataclass
class _Part:
    values: tuple[str, ...]
    location: str
    files: list[S3Object]


class Scanner:
    """Plans scans for one query."""

    def __init__(self, catalog: Catalog, store: ObjectStore, session: Session) -> None:
        self.catalog = catalog
        self.store = store
        self.session = session

    def scan(self, table: Table, columns: list[str], conditions: list[Any], *, outer: bool) -> Scan:
        """The scan of the columns a query uses, of the partitions its conditions leave.

        Raises:
            QueryError: what the files or the table's properties are wrong in.
        """
        wanted = [name for name, _ in table.columns if name in columns]
        parts = self._parts(table, conditions, outer=outer)
        files = [entry for part in parts for entry in part.files]
        if not files:
            return Scan(_empty(table, wanted))
        table_format = table.format
        if table_format == "parquet":
            return self._parquet(table, wanted, parts)
        branches = []
        for group, hive in _groups(table, parts):
            paths = [entry for part in group for entry in part.files]
            if table_format == "json":
                relation = readers.json(table, wanted, paths, hive, self._spelled(table, paths))
            else:
                reader = readers.csv if table_format == "csv" else readers.text
                relation = reader(table, wanted, paths, hive)
            branches.append(_keyed(relation, table, group, hive=hive))
        return Scan(" union all ".join(branches), files, sum(entry.size for entry in files))

    def partitions(self, table: Table) -> list[Partition]:
        """All partitions, of the catalog or projected."""
        if projection.projected(table):
            return list(projection.partitions(table, {}))
        return list(self.catalog.partitions(table))

    def _parts(self, table: Table, conditions: list[Any], *, outer: bool) -> list[_Part]:
        if not table.location:
            raise QueryError("HIVE_METASTORE_ERROR", f"Table {table.database}.{table.name} has no location")
        if not table.partition_keys:
            return [_Part((), table.location, self.store.under(table.location))]
        if projection.projected(table):
            found = list(projection.partitions(table, pruning.given_values(conditions)))
        else:
            found = list(self.catalog.partitions(table))
        kept = pruning.prune(self.session, table, found, conditions, outer=outer)
        listed = self.store.list_many([partition.location for partition in kept], table.location)
        return [
            _Part(partition.values, partition.location, files)
            for partition, files in zip(kept, listed, strict=True)
            if files
        ]

    def _parquet(self, table: Table, columns: list[str], parts: list[_Part]) -> Scan:
        branches, total, every = [], 0, []
        for group, hive in _groups(table, parts):
            files = [entry for part in group for entry in part.files]
            self.store.load(files)
            alike: dict[Any, tuple[Any, list[S3Object]]] = {}
            for entry, footer in zip(files, self.store.footers(files), strict=True):
                alike.setdefault(footer.signature, (footer, []))[1].append(entry)
                total += sum(footer.leaves[name].size for name in columns if name in footer.leaves)
            every += files
            for footer, same in alike.values():
                relation = readers.parquet(table, columns, same, footer, hive)
                branches.append(_keyed(relation, table, group, hive=hive))
        return Scan(" union all ".join(branches), every, total)

    def _spelled(self, table: Table, files: list[S3Object]) -> dict[str, list[str]]:
        """How the files spell the keys: the SerDes match names in any case, DuckDB does not."""
        names = {name for name, _ in table.columns}
        keys = self.session.rows(
            f"select distinct unnest(json_keys(json)) from read_json_objects({readers.file_list(files)}, "
            "format='newline_delimited', ignore_errors=true, maximum_object_size=16777216)"
        )
        found: dict[str, list[str]] = {}
        for (key,) in keys:
            if key.lower() in names:
                found.setdefault(key.lower(), []).append(key)
        return found


def _groups(table: Table, parts: list[_Part]) -> list[tuple[list[_Part], bool]]:
    """Partitions that one reader can take at once (their paths say their values), the others one by one."""
    if not table.partition_keys:
        return [(parts, False)]
    together = [part for part in parts if _in_path(table, part)]
    groups = [(together, True)] if together else []
    return groups + [([part], False) for part in parts if not _in_path(table, part)]


def _in_path(table: Table, part: _Part) -> bool:
    suffix = "/".join(f"{key}={value}" for key, value in zip(table.key_names, part.values, strict=True))
    plain = all(_PLAIN.fullmatch(value) and value for value in part.values)
    nested = any("=" in entry.uri[len(part.location.rstrip("/")) :] for entry in part.files)
    outside = part.location.rstrip("/").removesuffix(suffix)
    return plain and part.location.rstrip("/").endswith(f"/{suffix}") and not nested and "=" not in outside


def _keyed(relation: str, table: Table, group: list[_Part], *, hive: bool) -> str:
    """Partition keys as constants where the path did not give them."""
    if hive or not table.partition_keys:
        return relation
    keys = ", ".join(readers.key_literals(table, group[0].values))
    return f"select *, {keys} from ({relation})"


def _empty(table: Table, columns: list[str]) -> str:
    types = table.all_columns
    names = [*columns, *table.key_names]
    items = ", ".join(f"cast(null as {duckdb_type(types[name])}) as {readers.quoted(name)}" for name in names)
    return f"select {items or readers.NOTHING} where false"
