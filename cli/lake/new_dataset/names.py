"""Names of columns that every engine takes unquoted."""

import re
import unicodedata
from collections.abc import Iterable

MAX_LETTERS = 60
# Reserved in DDL or in SELECT: https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html
_RESERVED = """
all alter and any array as authorization between bigint binary boolean both by cache case cashe cast char check
collate column commit conf constraint create cross cube current current_catalog current_date current_path current_role
current_schema current_time current_timestamp current_user cursor database date dayofweek deallocate decimal delete
describe distinct double drop else end escape except exchange execute exists extended external extract false fetch
first float following for foreign from full function grant group grouping having if import in inner insert int integer
intersect interval into is join json_array json_exists json_object json_query json_table json_value last lateral left
less like listagg local localtime localtimestamp macro map more natural none normalize not null numeric of on only or
order out outer over partialscan partition percent preceding precision prepare preserve primary procedure range reads
recursive reduce references regexp revoke right rlike rollback rollup row rows select set skip smallint start table
tablesample then time timestamp to transform trigger trim true truncate unbounded uescape union unique uniquejoin unnest
update user using values varchar views when where window with
"""
RESERVED = frozenset(_RESERVED.split())
# What the tables of every dataset made by this command have, or what an engine adds
OURS = frozenset(
    (
        *("event_id", "event_time", "event_type", "event_date", "record_date", "month", "day", "row_id", "opened"),
        *("probability", "label", "hour", "day_of_week"),
    )
)


def valid(names: Iterable[str]) -> dict[str, str]:
    """Valid names by what they are in the file, each once: ``Größe (cm)`` is ``grosse_cm``."""
    found: dict[str, str] = {}
    for name in names:
        made, number = _plain(name), 1
        if made in RESERVED or made in OURS:
            made = f"{made}_value"
        unique = made
        while unique in found.values():
            number += 1
            unique = f"{made}_{number}"
        found[name] = unique
    return found


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:MAX_LETTERS].rstrip("_")
    return plain if plain[:1].isalpha() else f"column_{plain}".rstrip("_")
