"""What commands print: data as data.

Names, cells, reasons and logs come from files and services, so nothing in them is read: no markup, and a control
character is shown and never sent, for a terminal obeys it (colours, its title, the clipboard, text that hides other
text: https://cwe.mitre.org/data/definitions/150.html). No other module of the commands imports rich's console.
"""

import csv
import json
import math
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import IO, Any

import rich.console
import rich.table
from rich.segment import Segment
from rich.text import Text

Part = str | tuple[str, str]  # a text, or (text, style)
_JOINERS = "\u200c\u200d"  # needed in scripts and emoji, and show nothing by themselves


def visible(text: str) -> str:
    """``text`` with what a terminal would obey, or nobody would see, as Python writes it: ``\\x1b``, ``\\u202e``.

    Lines and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(letter if _shown(letter) else _escaped(letter) for letter in text)


def styled(*parts: Part) -> Text:
    """One text of parts, ``"plain"`` or ``("text", "style")``."""
    return Text.assemble(*(visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts))


class Console(rich.console.Console):
    """rich's console without markup, emoji codes and guessed colours."""

    def __init__(
        self, *, stderr: bool = False, file: IO[str] | None = None, width: int | None = None, quiet: bool = False
    ) -> None:
        super().__init__(
            stderr=stderr, file=file, width=width, quiet=quiet, markup=False, emoji=False, highlight=False
        )

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)

    def render(self, *arguments: Any, **options: Any) -> Iterable[Segment]:
        """Also of what others made into rich's texts."""
        for segment in super().render(*arguments, **options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)

    def status(self, status: Any, **options: Any) -> Any:
        """A spinner; rich reads markup in its text whatever the console's setting."""
        return super().status(styled(status) if isinstance(status, str) else status, **options)


class Table(rich.table.Table):
    """rich's table with headers and cells that are data, on any console."""

    def __init__(self, *headers: str, title: str | None = None, **options: Any) -> None:
        shown = None if title is None else styled((title, "italic"))
        super().__init__(*headers, title=shown, title_justify="left", **options)

    def add_column(self, header: Any = "", **options: Any) -> None:  # type: ignore[override]
        super().add_column(styled(header), **options)

    def add_row(self, *cells: Any, **options: Any) -> None:
        super().add_row(*(styled(cell) if isinstance(cell, str) else cell for cell in cells), **options)


def write_json(value: Any, indent: int | None = None) -> None:
    """One JSON document on standard output: ASCII, and null for numbers that JSON does not have."""
    sys.stdout.write(json_text(value, indent) + "\n")


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON that every reader takes."""
    return json.dumps(_finite(value), indent=indent, allow_nan=False)


def write_lines(lines: Iterable[str]) -> None:
    """Lines of a log on standard output, as soon as each is there."""
    for line in lines:
        sys.stdout.write(f"{visible(line)}\n")
        sys.stdout.flush()


def write_csv(rows: Iterable[Sequence[str | None]]) -> None:
    """Comma-separated rows on standard output: exactly as they are in a file or pipe, visibly on a terminal."""
    terminal = sys.stdout.isatty()
    writer = csv.writer(sys.stdout)
    for row in rows:
        writer.writerow([visible(cell) if terminal and cell else cell for cell in row])


def _shown(letter: str) -> bool:
    return (
        letter in "\n\t" or letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
