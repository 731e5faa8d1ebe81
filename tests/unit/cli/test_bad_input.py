"""What a user gives wrongly ends in one sentence: no traceback, no hang, exit status 1 or 2."""

import io
import sys
from pathlib import Path

import pytest

from cli import main

DEEP = "[" * 100_000
FILES: dict[str, bytes] = {
    "deep.json": DEEP.encode(),
    "deep.jsonl": b'{"carrier": "UA"}\n' + DEEP.encode(),
    "balanced.json": (("[" * 990) + ("]" * 990)).encode(),
    "objects.json": b'{"a":' * 50_000,
    "latin.json": b'{"carrier": "\xff"}',
    "empty.json": b"",
    "blank.json": b" \n\t ",
    "none.json": b"[]",
    "digits.json": b'{"distance": ' + b"9" * 10_000 + b"}",
    "nul.json": b"\x00" * 50,
    "cut.json": b'{"carrier": "U',
    "cut.csv": b'carrier,temp\n"UA',
    "nul.csv": b"carrier,temp\n\x00,1\n",
    "latin.csv": b"carrier\n\xff\n",
    "empty.csv": b"",
    "header.csv": b"carrier,temp\n",
    "empty.jsonl": b"\n\n",
    "true.json": b'{"recording": true}',
    "calls.json": b'{"recording": true, "calls": [1], "reasons": [], "policies": {}, "lost": 0}',
    "lost.json": b'{"recording":1, "calls": [], "reasons": [], "policies": {"roles": {}, "resources": {}}, "lost": []}',
    "roles.json": b'{"recording": 1, "calls": [], "reasons": [], "policies": {"roles": {"a": 1}, "resources": 1}}',
    "keys.json": b'{"recording": 1, "calls": [{"count": 1}], "reasons": {}, "policies": {"roles": [], "resources": 1}}',
    "list.json": b'["recording"]',
    "text.json": b'"recording"',
    "manifest/manifest.json": b"{",
    "manifest2/manifest.json": b'{"artifacts": 7}',
}

# arguments -> a part of the sentence
CASES: dict[tuple[str, ...], str] = {
    **{
        (command, "--months", text): "--months takes"
        for command in ("replay", "load-history", "demo", "traffic")
        for text in (
            *("1-", "-1", "1-3-5", "\uff11", "1,\u0662", "0", "13", "99999999999", "1,,2", ",", "", " ", "a", "1.0"),
            *("+1", "0x1", "1-13", "3-1", "3-1,5", "--", "\x1b[31m", "\ud8001", "1;2", "1 2"),
        )
    },
    **{
        ("traffic", "--days", text): "--days takes"
        for text in ("", "x", "2013-13-01", "2013-02-30", "2013-01-02..2013-01-01", "..", "\uff12013-01-01", "[red]")
    },
    **{
        ("predict", "--file", name): "none.json has no events" if name == "none.json" else ""
        for name in FILES
        if "/" not in name
    },
    **{("predict", "--file", name): "cannot read" for name in (".", "nosuch.json", "manifest")},
    **{("iam", "report", "--recording", name): "is no recording" for name in FILES if name.endswith(".json")},
    **{("iam", "report", "--recording", name): "is no recording" for name in (".", "nosuch.json")},
    ("iam", "report", "--recording", "\x00"): "Invalid value for '--recording'",
    ("predict", "--file", "\x00.json"): "Invalid value for '--file'",
    **{
        (command, option, text): f"Invalid value for '{option}'"
        for command, options in {
            "replay": ("--dirt", "--rate", "--speed-up", "--seed"),
            "demo": ("--dirt", "--seed"),
            "traffic": ("--rows", "--seed", "--rate", "--concurrency"),
            "up": ("--port", "--speed"),
            "smoke": ("--wait",),
            "deploy-local": ("--cycles",),
        }.items()
        for option in options
        for text in ("", "x", "nan", "-1e400", "\uff11x", "1,5", "[bold]", "9" * 5000 + "x")
    },
    ("replay", "--months", "1", "--rate", "1e-300"): "--rate takes 0, for no limit, or at least 0.001",
    ("replay", "--months", "1", "--speed-up", "1e-9"): "--speed-up takes 0",
    ("traffic", "--months", "1", "--rate", "1e-320"): "--rate takes 0",
    ("traffic", "--months", "1", "--concurrency", "0"): "Invalid value for '--concurrency'",
    ("traffic", "--months", "1", "--rows", "0"): "Invalid value for '--rows'",
    ("traffic",): "give one of --months and --days",
    ("demo", "--until", "noon"): "Invalid value for '--until'",
    ("demo", "--dirt", "1.01"): "Invalid value for '--dirt'",
    ("monitor", "run", "--from", "yesterday"): "--from takes a time",
    ("monitor", "run", "--to", "2026-13-01"): "--to takes a time",
    ("monitor", "run", "--from", "0001-01-01T00:00+14:00"): "--from takes a time",
    ("monitor", "run", "--to", "9999-12-31T23:59-14:00"): "--to takes a time",
    ("monitor", "run", "--from", "2026-11-21", "--to", "2026-11-20"): "--from must be before --to",
    ("models", "approve", "one"): "Invalid value",
    ("pipeline", "start", "-p", "novalue"): "--parameter takes NAME=VALUE",
    ("pipeline", "start", "-p", "=x"): "--parameter takes NAME=VALUE",
    ("predict",): "give one of: an event, --file or --key",
    ("predict", "{}", "--key", "x"): "give one of",
    ("predict", "--file", "events.xml"): "cannot read",
    **{
        ("predict", "--dataset", "flights", "--key", text): "key"
        for text in ("", "x", "a/b/c/d", "2013-04-01/UA/x/EWR", "/" * 99, "'/'/'/'")
    },
    **{
        (*command, "--dataset", name): f"dataset {name!r}"
        for command in (
            ("load-reference", "--bucket", "lake"),
            ("load-history", "--bucket", "lake", "--months", "1"),
            ("replay", "--stream", "events"),
            ("quarantine", "list", "--bucket", "lake"),
            ("quarantine", "replay", "--bucket", "lake", "--stream", "events"),
            ("predict", "--key", "x"),
            ("demo",),
        )
        for name in ("nosuch", "../flights")
    },
    ("quarantine", "list", "--bucket", "lake", "--dataset", "diagnoses"): "0 tables have the role 'events'",
    ("predict", "--dataset", "diagnoses", "--key", "x"): "0 tables have the role 'curated'",
    ("query", "--json", "--csv", "SELECT 1"): "choose one of --json and --csv",
    ("profile", "../settings"): "there is no profile",
    ("profile", "\x1b]0;x\x07"): "there is no profile '\\x1b]0;x\\x07'",
    ("cost", "-c", "novalue"): "-c takes name=value",
    ("cost", "-c", "shards=x"): "shards",
    ("cost", "--region", "mars-1"): "mars-1",
    ("cost", "--cdk-out", "nosuch"): "is no cloud assembly",
    ("cost", "--cdk-out", "manifest"): "is no cloud assembly",
    ("cost", "--cdk-out", "manifest2"): "is no cloud assembly",
    ("doctor", "--aws", "-c", "novalue"): "-c takes name=value",
    ("nosuch",): "No such command 'nosuch'",
    ("[bold]",): "No such command '[bold]'",
    ("\x1b[31m",): "No such command '\\x1b[31m'",
    ("replay", "--\x1b]0;x\x07"): "No such option",
    ("quarantine", "nosuch"): "No such command",
    ("query",): "Missing argument",
}


@pytest.fixture
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:9")  # where nobody answers
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def _told(arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["mlref", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.run()
    captured = capsys.readouterr()
    assert ended.value.code in (1, 2), captured
    assert captured.out == ""
    assert captured.err.startswith("mlref: ")
    assert captured.err.count("\n") == 1, "one sentence"
    assert "Traceback" not in captured.err
    assert "\x1b" not in captured.err
    return captured.err


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("group", sorted({case[0] for case in CASES}))
def test_bad_arguments(group: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, sentence in CASES.items():
        if arguments[0] == group:
            assert sentence in _told(arguments, monkeypatch, capsys), arguments


WITH_NOBODY_THERE = [
    *(("query", "SELECT 1"), ("query", ""), ("query", "\udcff"), ("models", "list"), ("models", "approve", "-7")),
    *(("pipeline", "status", "x"), ("pipeline", "logs", "[red]"), ("monitor", "report"), ("endpoint", "status")),
    *(("endpoint", "delete", "-y"), ("leftovers",), ("load-reference",), ("load-reference", "--bucket", "")),
    *(("predict", "{}"), ("predict", "\udcff"), ("traffic", "--months", "1"), ("quarantine", "list")),
    *(("quarantine", "replay", "--bucket", "x y"), ("iam", "report"), ("reset",)),
]


@pytest.mark.usefixtures("_folder")
def test_nobody_answers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in WITH_NOBODY_THERE:
        assert _told(arguments, monkeypatch, capsys)


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("command", ["query", "predict"])
def test_standard_input_that_is_not_utf_8(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"SELECT \xff")))
    monkeypatch.setattr("cli.lake.query.outputs", lambda: None)
    monkeypatch.setattr("cli.model.predict.outputs", lambda: type("Names", (), {"endpoint": "x"}))
    assert "not UTF-8" in _told((command, "-"), monkeypatch, capsys)
