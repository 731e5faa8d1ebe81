"""Regular expressions of others: Java's meaning, an end, and one sentence for what is none."""

import threading
import time
from typing import Any

import pytest

from localcloud import patterns
from localcloud.patterns import PATIENCE_SECONDS, SECONDS, Pattern, PatternError, PatternTimeoutError

BOMBS = [
    ("(a|aa)+$", "a" * 60 + "b"),
    ("(a|a|b)*c", "ab" * 40),
    (r"(\w|\d)+$", "1" * 60 + "!"),
    (r"^(\w+\s?)*$", "a" * 40 + "!"),
    (r"(x+x+)+y", "x" * 40),
    (r"(.*?,){25}P", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24"),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60),
]


@pytest.mark.parametrize(("text", "value"), BOMBS)
def test_matching_ends(text: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "PATIENCE_SECONDS", 0.2)
    began = time.thread_time()
    try:
        assert Pattern(text).fullmatch(value) is None
    except PatternTimeoutError as error:
        assert repr(text) in str(error)  # noqa: PT017 - some are too simple for the engine to stumble over
    assert time.thread_time() - began < 20


def test_a_bomb_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(PatternTimeoutError, match=r"matching against '\(a\|aa\)\+\$' takes too long"):
        Pattern("(a|aa)+$").findall("a" * 60 + "b")


def test_a_value_matches_on_a_busy_machine() -> None:
    waited = []

    class Late:
        def fullmatch(self, value: str, timeout: float, **_: Any) -> str:
            waited.append(timeout)
            if len(waited) == 1:
                raise TimeoutError
            return value

    pattern = Pattern(".*")
    pattern._compiled = Late()
    assert pattern.fullmatch("a-name") == "a-name"
    assert waited == [SECONDS, PATIENCE_SECONDS]


def test_others_go_on_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "PATIENCE_SECONDS", 0.2)
    seen: list[float] = []
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.02):
            seen.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        with pytest.raises(PatternTimeoutError):
            Pattern("(a|aa)+$").fullmatch("a" * 60 + "b")
    finally:
        done.set()
        thread.join()
    assert len(seen) > 5


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        (r"(?<year>\d{4})-\k<year>", "2026-2026", True),
        (r"\p{Alpha}++", "abc", True),
        (r"[a-z&&[^b]]+", "acd", True),
        (r"[a-z&&[^b]]+", "abc", False),
        (r"\d+", "\uff11", False),
        (r"\w+", "ä", False),
        (r"(?>a|ab)c", "abc", False),
        (r"a.c", "a\nc", False),
        (r"^(?=.*[A-Z])(?!.*x).{3,}$", "aBc", True),
    ],
)
def test_javas_meaning(text: str, value: str, fits: bool) -> None:
    assert (Pattern(text).fullmatch(value) is not None) is fits


@pytest.mark.parametrize(
    "text",
    ["(", "*", "[z-a]", "(?<1>a)", r"\k<no>", "a{2,1}", "\\", "(" * 5000, "(?:" * 400 + ")*" * 400, "a" * 10_001],
)
def test_no_expression(text: str) -> None:
    with pytest.raises(PatternError) as refusal:
        Pattern(text)
    assert "\n" not in str(refusal.value)
