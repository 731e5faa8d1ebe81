"""One query from text to rows: parse, expand views, bind to the catalog, plan the scans, run on DuckDB."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from localcloud.athena import grammar, pruning
from localcloud.athena.bind import Schema, bind
from localcloud.athena.catalog import CATALOG, Catalog
from localcloud.athena.dialect import parse, place
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.objects import S3Object
from localcloud.athena.scan import Scanner
from localcloud.athena.sessions import Session
from localcloud.athena.translate import render
from localcloud.athena.views import view_text

MAX_VIEW_DEPTH = 20


@dataclass
class Plan:
    """A query ready for DuckDB. ``sql`` reads nothing but ``files``; ``bytes`` are what Athena would charge for."""

    sql: str
    names: list[str]
    files: list[S3Object] = field(default_factory=list)
    bytes: int = 0


class Planner:
    """Plans the queries of one statement."""

    def __init__(self, catalog: Catalog, scanner: Scanner, database: str) -> None:
        self.catalog = catalog
        self.scanner = scanner
        self.database = database

    def plan(self, query: str | Any) -> Plan:
        """The plan of a SELECT, WITH, VALUES or TABLE.

        Args:
            query: its text, or its tree.

        Raises:
            QueryError: as Athena's analysis would.
        """
        from sqlglot import exp  # noqa: PLC0415

        tree = parse(query) if isinstance(query, str) else query
        if not isinstance(tree, exp.Query | exp.Values):
            raise not_supported(f"the statement '{type(tree).__name__.upper()}'")
        grammar.check(tree)
        schema: Schema = {}
        tree = self._resolve(tree, schema, self.database, 0)
        bound = bind(tree, schema, self.database)
        plan = Plan("", bound.names)
        relations = self._scans(bound.tree, plan)
        plan.sql = render(bound)
        for marker, relation in relations.items():
            plan.sql = plan.sql.replace(f'"{marker}"', f"({relation})")
        return plan

    def _resolve(self, tree: Any, schema: Schema, database: str, depth: int) -> Any:
        """Give every table its database, put views in their place, collect the types of the columns."""
        from sqlglot import exp  # noqa: PLC0415

        if depth > MAX_VIEW_DEPTH:
            raise QueryError("INVALID_VIEW", "View is recursive")
        for node in list(tree.find_all(exp.Table)):
            if not node.db and _is_cte(node):
                continue
            catalog, name = node.catalog.lower() or CATALOG, node.name.lower()
            if catalog != CATALOG:
                raise QueryError("CATALOG_NOT_FOUND", f"{place(node.parts[0])}Catalog '{catalog}' not found")
            owner = node.db.lower() or database
            if name.endswith(("$partitions", "$properties")):
                raise not_supported(f"the table '{name}'")
            table = self.catalog.table(owner, name, place(node.parts[0]))
            if table.view_text is not None:
                inner = parse(view_text(table))
                grammar.check(inner)
                inner = self._resolve(inner, schema, owner, depth + 1)
                alias = exp.to_identifier(node.alias or name, quoted=True)
                subquery = exp.Subquery(this=inner, alias=exp.TableAlias(this=alias, columns=_alias_columns(node)))
                for kept in ("joins", "sample"):
                    if node.args.get(kept):
                        subquery.set(kept, node.args[kept])
                node.replace(subquery)
                continue
            node.set("this", exp.to_identifier(name, quoted=True))
            node.set("db", exp.to_identifier(owner, quoted=True))
            node.set("catalog", None)
            schema.setdefault(owner, {})[name] = self.catalog.schema_of(table)
        return tree

    def _scans(self, tree: Any, plan: Plan) -> dict[str, str]:
        """Replace every table by a marker; return the relation of each."""
        from sqlglot import exp  # noqa: PLC0415
        from sqlglot.optimizer.scope import traverse_scope  # noqa: PLC0415

        relations: dict[str, str] = {}
        for scope in traverse_scope(tree) if isinstance(tree, exp.Query) else []:
            if not isinstance(scope.expression, exp.Select):
                continue
            for alias, source in list(scope.sources.items()):
                if not isinstance(source, exp.Table) or not source.db:
                    continue
                table = self.catalog.table(source.db, source.name)
                used = [column.name for column in scope.columns if column.table == alias]
                conditions = pruning.conjuncts(scope, alias, set(table.key_names))
                scan = self.scanner.scan(table, used, conditions, outer=pruning.nullable(scope))
                marker = f"scan_{uuid.uuid4().hex}"
                relations[marker] = scan.relation
                plan.files += scan.files
                plan.bytes += scan.bytes
                source.set("this", exp.to_identifier(marker, quoted=True))
                source.set("db", None)
        return relations


def run(session: Session, plan: Plan) -> Any:
    """The rows as an Arrow table with the columns of the plan, and DuckDB's types of them.

    Returns:
        (pyarrow.Table whose columns are named c0, c1 …, list of DuckDB type names)
    """
    table, types = session.table(plan.sql)
    return table.rename_columns([f"c{at}" for at in range(table.num_columns)]), types


def _alias_columns(node: Any) -> list[Any]:
    alias = node.args.get("alias")
    return list(alias.columns) if alias else []


def _is_cte(node: Any) -> bool:
    """Whether a table name without database is one of a WITH that it can see."""
    name = node.name.lower()
    child, parent = node, node.parent
    while parent is not None:
        clause = parent.args.get("with_") or parent.args.get("with")
        if clause is not None and clause is not child:
            if any(cte.alias.lower() == name for cte in clause.expressions):
                return True
        elif type(parent).__name__ == "With":
            for cte in parent.expressions:
                if cte is child:
                    if parent.recursive and cte.alias.lower() == name:
                        return True
                    break
                if cte.alias.lower() == name:
                    return True
        child, parent = parent, parent.parent
    return False
