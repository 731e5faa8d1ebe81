"""Patterns mean here what they mean in Java, and none of them stalls."""

import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud import kept
from localcloud.gate.patterns import UnreadablePatternError, compiled, matches
from localcloud.gate.services import model
from localcloud.patterns import SECONDS

MEANINGS = [
    (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "a-b", True),
    (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "a_b", False),
    (r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*", "ENTER MODEL NAME", False),  # not only its beginning
    (r"\d+", "12", True),
    (r"\d+", "\uff11\uff12", False),  # digits are ASCII's
    (r"\w+", "straße", False),
    (r"[\w+=,.@-]+", "a.b@c-d", True),
    (r"[\w+=,.@-]+", "Session1:2", False),
    (r"\S+", "a b", False),
    (r"[\s\S]*", "a\nb", True),
    (r"[^\s]+", "a\u00a0b", True),  # Java's \s has no such space
    (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "straße 1:2", True),
    (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "a*b", False),
    (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "tab\tand 🙂", True),
    (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "line\n", False),
    (r"(?!^\d+$)^[0-9a-zA-Z-_]+$", "12", False),
    (r"(?!^\d+$)^[0-9a-zA-Z-_]+$", "v12", True),
    (r"$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))", "", True),
    (r"$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))", "x", False),
    (r"^[^\x00-\x1f]*$", "a\n", False),  # "$" allows no line break at the end of a whole match
    (r"(https|s3)://([^/]+)/?(.*)", "/no/bucket", False),
    (r".*", "a\nb", False),
]


@pytest.mark.parametrize(("pattern", "value", "fits"), MEANINGS)
def test_a_pattern_means_what_it_means_in_java(pattern: str, value: str, fits: bool) -> None:
    assert matches(compiled(pattern), value) is fits


@cache
def patterns() -> dict[str, str]:
    """Those of all services that are answered, with one place of each."""
    return {
        shape["pattern"]: f"{service}:{name}"
        for service in kept.tables()
        for name, shape in model(service)._service_description["shapes"].items()
        if "pattern" in shape
    }


def test_every_pattern_can_be_read() -> None:
    unreadable = {}
    for pattern, place in patterns().items():
        try:
            compiled(pattern)
        except UnreadablePatternError:
            unreadable[place] = pattern
    assert unreadable == {}
    assert len(patterns()) > 700


def test_what_is_no_expression_is_said_so() -> None:
    with pytest.raises(UnreadablePatternError, match="unknown property"):
        compiled(r"^(\p{LD}|\p{Punct}| )+$")


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("(a|aa)+$", "a" * 60 + "!"),
        (r"(\w|\d)+$", "1" * 60 + "!"),
        (r"[a-zA-Z0-9_](([a-zA-Z0-9_]+)*([a-zA-Z0-9_]+))?", "a" * 300 + "!"),
        (r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}", "a-" * 200 + "!"),
    ],
    ids=["alternatives", "classes", "of a model", "names"],
)
def test_backtracking_ends(pattern: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.patterns.PATIENCE_SECONDS", SECONDS)
    began = time.thread_time()
    assert not matches(compiled(pattern), value)
    assert time.thread_time() - began < 50 * SECONDS


NASTY = st.one_of(
    st.text(max_size=40),
    st.builds(lambda part, count, end: part * count + end, st.sampled_from(["a", "-", "a-", "1", "/", " ", "a."]),
              st.integers(100, 400), st.sampled_from(["!", "\x00", "\n", ""])),
)  # fmt: skip


@given(st.deferred(lambda: st.sampled_from(sorted(patterns()))), NASTY)  # not while tests are collected
def test_no_value_stalls_any_pattern(pattern: str, value: str) -> None:
    began = time.thread_time()
    assert matches(compiled(pattern), value) in (True, False)
    assert time.thread_time() - began < 50 * SECONDS
