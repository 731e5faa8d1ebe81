"""What can be told of a sample without asking: its key, its time."""

import re
from collections.abc import Sequence

from cli.errors import UserError
from cli.lake.new_dataset.columns import Column
from cli.lake.new_dataset.days import few_days, times_of
from cli.lake.new_dataset.features import ID

NAME = re.compile(r"[a-z][a-z0-9]{1,30}")
# Parts of a key are joined by slashes to the id of a request, of at most 64 ASCII letters
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html, InferenceId)
KEY_TYPES = ("int", "bigint", "string", "date")
KEY_LETTERS = 64


def name_of(stem: str) -> str:
    """A name for the folder by that of the file; empty when nothing is left of it."""
    plain = re.sub(r"[^a-z0-9]", "", stem.lower()).lstrip("0123456789")[:30]
    return plain if NAME.fullmatch(plain) else ""


def check_name(name: str, taken: Sequence[str]) -> None:
    """Raises UserError for a name that no folder may have, or one has."""
    if NAME.fullmatch(name) is None:
        raise UserError(f"--name {name!r}: a name is 2 to 31 letters a-z and digits and begins with a letter")
    if name in taken:
        raise UserError(f"there is a folder datasets/{name} already: give another --name, or remove it")


def column_of(columns: list[Column], option: str, name: str) -> Column:
    """By its name in the file, or its new one. Raises UserError."""
    for column in columns:
        if name == column.source:
            return column
    for column in columns:
        if name == column.name:
            return column
    some = ", ".join(str(column.source) for column in columns)
    raise UserError(f"{option} {name!r}: the file has no such column, but {some:.200}")


def likely_key(columns: list[Column]) -> Column | None:
    """A column whose values are all different, and whose name or place says that it is a key."""
    fit = [column for column in columns if column.is_unique and column.personal is None and unfit([column]) is None]
    named = [column for column in fit if ID.search(column.name)]
    placed = [column for column in fit if column is columns[0]]
    return next(iter([*named, *placed]), None)


def unfit(key: list[Column]) -> str | None:
    """Why columns are no key; None if they are one."""
    for column in key:
        if column.type not in KEY_TYPES:
            return f"{column.source!r} is {column.type}; a key is whole numbers, texts or dates"
        if column.missing:
            return f"{column.source!r} is missing in {column.missing:,} rows"
    rows = list(zip(*(map(str, column.values.to_pylist()) for column in key), strict=True))
    if len(set(rows)) < len(rows):
        return f"{len(rows) - len(set(rows)):,} rows have the key of another"
    joined = ["/".join(row) for row in rows]
    if any(len(text) > KEY_LETTERS or not text.isascii() or text.count("/") >= len(key) for text in joined):
        return f"its values, joined by /, are not at most {KEY_LETTERS} ASCII letters without another /"
    return None


def likely_time(columns: list[Column]) -> Column | None:
    """The first column of complete times that has days enough."""
    for column in columns:
        is_time = column.type in ("date", "timestamp") and not column.missing and column.personal is None
        if is_time and few_days(times_of(column)) is None:
            return column
    return None
