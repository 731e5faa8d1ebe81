"""How Athena keeps a view in the Glue catalog: the query in a base64 JSON document within a comment."""

import base64
import json
from typing import Any

from localcloud.athena.catalog import Table

_PREFIX, _SUFFIX = "/* Presto View: ", " */"


def view_text(table: Table) -> str:
    """The SQL of a view."""
    text = table.view_text or ""
    if text.startswith(_PREFIX):
        document = json.loads(base64.b64decode(text.removeprefix(_PREFIX).removesuffix(_SUFFIX)))
        return str(document["originalSql"])
    return text


def table_input(database: str, name: str, sql: str, columns: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Glue's TableInput of a view.

    Args:
        columns: (name, Trino type, Hive type) of each column.
    """
    document = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": column, "type": trino} for column, trino, _ in columns],
    }
    encoded = base64.b64encode(json.dumps(document).encode()).decode()
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": f"{_PREFIX}{encoded}{_SUFFIX}",
        "ViewExpandedText": "/* Presto View */",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": hive} for column, _, hive in columns],
            "Location": "",
            "NumberOfBuckets": 0,
            "SerdeInfo": {},
        },
    }
