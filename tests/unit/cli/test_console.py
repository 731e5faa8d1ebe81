"""Data is printed as data: no value changes what stands around it, and no control character reaches the terminal."""

import ast
import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rich.console
from hypothesis import given
from hypothesis import strategies as st

from cli.console import Console, Table, json_text, styled, visible, write_csv, write_json, write_lines
from cli.progress import bars
from cli.steps import Steps

# value -> how it is shown
VALUES = {
    "plain": "plain",
    "[1,2] [a]": "[1,2] [a]",
    "[bold]x[/bold]": "[bold]x[/bold]",
    "[/x]": "[/x]",
    "[link=https://example.com]x[/link]": "[link=https://example.com]x[/link]",
    "\\[red]": "\\[red]",
    "[@click=app.bell]": "[@click=app.bell]",
    ":smile:": ":smile:",
    "https://example.com 127.0.0.1 'x' None": "https://example.com 127.0.0.1 'x' None",
    "\x1b[31mred": "\\x1b[31mred",
    "\x1b]0;title\x07": "\\x1b]0;title\\x07",
    "\x1b]8;;https://example.com\x1b\\x": "\\x1b]8;;https://example.com\\x1b\\x",
    "\x1b]52;c;ZXZpbA==\x07": "\\x1b]52;c;ZXZpbA==\\x07",
    "\x1b[2J\x1b[H": "\\x1b[2J\\x1b[H",
    "\x9b31m": "\\x9b31m",
    "\x90q\x9c": "\\x90q\\x9c",
    "a\rb": "a\\rb",
    "a\bb": "a\\x08b",
    "a\x00b": "a\\x00b",
    "a\x0cb\x0bc": "a\\x0cb\\x0bc",
    "a\x7fb": "a\\x7fb",
    "user\u202etxt.exe": "user\\u202etxt.exe",
    "\u2066x\u2069": "\\u2066x\\u2069",
    "\u200fx\u061c": "\\u200fx\\u061c",
    "a\u200bb\ufeff": "a\\u200bb\\ufeff",
    "a\u2028b\u2029c": "a\\u2028b\\u2029c",
    "\U000e0041": "\\U000e0041",
    "\ud800": "\\ud800",
    "é 日本 👩\u200d✈\ufe0f": "é 日本 👩\u200d✈\ufe0f",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
}
OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def step(console: Any, value: str) -> None:
    with Steps(console).step(value, value) as step:
        step.result = value


def _table(fill: Callable[[Table], object], title: str | None = None) -> Table:
    table = Table("value", title=title)
    fill(table)
    if not table.rows:
        table.add_row("x" * 100)  # a title is as wide as its table
    return table


RENDERED: dict[str, Callable[[rich.console.Console, str], object]] = {
    "print": lambda console, value: console.print(value, soft_wrap=True),
    "print with style": lambda console, value: console.print(value, style="red", soft_wrap=True),
    "styled": lambda console, value: console.print(styled("a ", (value, "bold")), soft_wrap=True),
    "cell": lambda console, value: console.print(_table(lambda table: table.add_row(value))),
    "styled cell": lambda console, value: console.print(_table(lambda table: table.add_row(styled((value, "red"))))),
    "header": lambda console, value: console.print(_table(lambda table: table.add_column(value))),
    "title": lambda console, value: console.print(_table(lambda _: None, title=f"{value} of it")),
    "step": step,
    "rich's own text": lambda console, value: console.print(rich.text.Text(value), soft_wrap=True),
}
ON_ANY_CONSOLE = ("cell", "styled cell", "header", "title", "styled")


@pytest.mark.parametrize("how", RENDERED)
def test_values_are_printed_as_they_are(how: str) -> None:
    for value, shown in VALUES.items():
        console = Console(file=io.StringIO(), width=200)
        RENDERED[how](console, value)
        text = console.file.getvalue()  # type: ignore[attr-defined]
        assert OBEYED.search(text) is None
        if how == "rich's own text":  # it leaves out some letters by itself
            assert re.sub(r"\\(x07|x08|x0b|x0c|r)", "", shown) in text
        else:
            assert shown in text


@pytest.mark.parametrize("how", ON_ANY_CONSOLE)
def test_tables_and_styled_texts_are_safe_on_richs_console_too(how: str) -> None:
    for value, shown in VALUES.items():
        console = rich.console.Console(file=io.StringIO(), width=200)
        RENDERED[how](console, value)
        text = console.file.getvalue()  # type: ignore[attr-defined]
        assert shown in text
        assert OBEYED.search(text) is None


def test_a_terminal_gets_no_codes_but_our_own() -> None:
    file = io.StringIO()
    console = Console(file=file, width=200)
    console._force_terminal = True
    for value in VALUES:
        with console.status(f"reading {value}"), bars(console) as progress:
            progress.add_task(visible(value), total=1)
        console.print(styled((value, "red")), soft_wrap=True)
    codes = set(re.findall(r"\x1b(\[[?0-9;]*[a-zA-Z]|.)", file.getvalue()))
    assert not any(code.startswith("]") or code in ("[2J", "[H") for code in codes), codes
    assert "\x9b" not in file.getvalue()
    assert "\u202e" not in file.getvalue()


@given(st.text())
def test_visible_texts_have_nothing_to_obey_and_stay_so(text: str) -> None:
    once = visible(text)
    assert OBEYED.search(once) is None
    assert visible(once) == once
    if not OBEYED.search(text) and text.isprintable():
        assert once == text


def test_json_is_valid_whatever_the_values(capsys: pytest.CaptureFixture[str]) -> None:
    value = {name: [math.nan, math.inf, -math.inf, 1.5, (name,)] for name in VALUES}
    write_json(value)
    text = capsys.readouterr().out
    assert text.isascii()
    assert OBEYED.search(text.replace("\n", "")) is None
    read = json.loads(text, parse_constant=pytest.fail)
    assert read == {name: [None, None, None, 1.5, [name]] for name in VALUES}
    assert json.loads(json_text(value, indent=2)) == read


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_csv_is_exact_in_a_file_and_visible_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[str | None]] = [["a", None], ["\x1b[31m", "[b]"]]
    for stream, shown in ((io.StringIO(), "\x1b[31m"), (_Terminal(), "\\x1b[31m")):
        monkeypatch.setattr(sys, "stdout", stream)
        write_csv(rows)
        assert stream.getvalue() == f"a,\r\n{shown},[b]\r\n"


def test_lines_of_logs_are_visible(capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(VALUES)
    assert capsys.readouterr().out.splitlines() == list(VALUES.values())


def _sources(repository: Path) -> Iterator[Path]:
    for folder in ("cli", "benchmarks"):
        yield from sorted((repository / folder).rglob("*.py"))


def _faults(tree: ast.AST) -> Iterator[str]:
    """Ways around cli.console."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "rich":
            if node.module not in ("rich.live", "rich.progress"):
                yield f"{node.lineno}: imports {node.module}"
        elif isinstance(node, ast.Import):
            yield from (f"{node.lineno}: imports {item.name}" for item in node.names if item.name.startswith("rich"))
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in ("print", "typer.echo", "typer.secho", "sys.stdout.write", "sys.stderr.write", "pprint"):
                yield f"{node.lineno}: {name}"
            if name in ("Text.from_markup", "Text.from_ansi", "TextColumn") and not _without_markup(node):
                yield f"{node.lineno}: {name} reads markup"
            if any(item.arg == "markup" and not _false(item.value) for item in node.keywords):
                yield f"{node.lineno}: {name} with markup"


def _without_markup(call: ast.Call) -> bool:
    return any(item.arg == "markup" and _false(item.value) for item in call.keywords)


def _false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def test_commands_print_by_the_house_console_only(repository: Path) -> None:
    found = {
        str(path.relative_to(repository)): faults
        for path in _sources(repository)
        if path.name != "console.py" and (faults := list(_faults(ast.parse(path.read_text("utf-8")))))
    }
    # for machines: the program that starts them reads it; main flushes, so that a closed standard output is told
    allowed = dict.fromkeys(("bare_states", "in_process", "load", "images/told", "sdk_examples"), "print")
    allowed = {**{f"benchmarks/{name}.py": kind for name, kind in allowed.items()}, "cli/main.py": "print"}
    assert {name: faults for name, faults in found.items() if not faults[0].endswith(allowed.get(name, "-"))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "from rich.console import Console",
        "import rich",
        "from rich import print",
        "from rich.text import Text",
        "from rich.markup import escape",
        "print(f'{x}')",
        "typer.echo(x)",
        "sys.stdout.write(x)",
        "console.print(x, markup=True)",
        "Console(markup=settings.markup)",
        "TextColumn('{task.description}')",
    ],
)
def test_ways_around_it_are_seen(line: str) -> None:
    assert list(_faults(ast.parse(line)))
