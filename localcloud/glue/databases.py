"""Databases of the catalog: a name is for life.

AWS refuses a new name with these words (https://github.com/floci-io/floci/issues/1229 shows the call against AWS);
moto would answer success and go on under the old one.
"""

from typing import Any

from moto.glue.exceptions import InvalidInputException
from moto.glue.models import GlueBackend

from localcloud.patching import replace


@replace(GlueBackend, "update_database", "(self, database_name, database_input)")
def update_database(self: Any, database_name: str, database_input: dict[str, Any]) -> None:
    if database_input["Name"].lower() != database_name.lower():
        raise InvalidInputException("UpdateDatabase", "Database cannot be renamed")
    update_database.original(self, database_name, database_input)  # type: ignore[attr-defined]
