"""Only a dataset's own folder knows its columns: code of the platform takes their names from its contract."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import contracts

PLATFORM = (
    "app.py",
    "cli",
    "contracts",
    "costs",
    "lambdas",
    "pipelines",
    "processing",
    "settings",
    "stacks",
    "stories",
)
OURS = ("flights", "payments", "diagnoses")  # and not those that a user has added, whose columns are what they are
WORD = re.compile(r"\w+")

# Names of columns that are words of the platform, too, with what they are there.
WORDS = {
    **dict.fromkeys(("event_id", "event_time", "event_type", "event_date"), "every event has them, of any dataset"),
    "month": "partition key of every curated table",
    **dict.fromkeys(("year", "hour"), "units of time"),
    **dict.fromkeys(("name", "type"), "of resources, parameters and columns"),
    **dict.fromkeys(("model", "approved"), "what is trained, and may serve"),
    **dict.fromkeys(("engine", "engines"), "what calculates: Athena's, and behind the local cloud"),
    "distance": "by which Model Monitor compares distributions",
    "record_date": "the day that the importer of datasets gives a row",
    "opened": "what curation asks of any row: its first event is known",
    "speed": "of the local cloud, and of a replay",
}
FILES = {"cli/lake/new_dataset/labels.py": "it guesses a label by what labels are called"}


def columns() -> set[str]:
    """Names of columns that nothing else is called."""
    assert set(OURS) <= set(contracts.names())
    tables = [table for name in OURS for table in contracts.load(name).tables.values()]
    names = {column.name for table in tables for column in (*table.columns, *table.partition_keys)}
    return {name for name in names if len(name) > 3} - WORDS.keys()


def strings(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of a module's string literals, those within f-strings too, but no docstrings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def known(source: str, names: set[str]) -> list[tuple[int, str]]:
    """Line and name of each column that a module's literals name."""
    if names.isdisjoint(WORD.findall(source)):
        return []
    return [(line, name) for line, text in strings(source) for name in names.intersection(WORD.findall(text))]


def test_no_column_is_named_outside_its_datasets_folder(repository: Path) -> None:
    names = columns()
    assert {"carrier_delay_rate_7d", "carrier", "mean_radius"} <= names
    files = [file for part in PLATFORM for file in (repository / part, *(repository / part).rglob("*.py"))]
    found = [
        f"{file.relative_to(repository)}:{line} {name}"
        for file in files
        if file.suffix == ".py" and file.relative_to(repository).as_posix() not in FILES
        for line, name in known(file.read_text("utf-8"), names)
    ]
    assert found == [], "take it from the contract, or add a word of the platform to WORDS"


def test_literals_are_seen_and_docstrings_are_not() -> None:
    source = (
        '"""arr_delay"""\ndef f(x):\n    """arr_delay"""\n    y = "arr_delay"\n    return f"SELECT {x}, arr_delay"\n'
    )
    assert known(source, {"arr_delay"}) == [(4, "arr_delay"), (5, "arr_delay")]
    assert known("arr_delay = 'arr_delay_2'", {"arr_delay"}) == []
