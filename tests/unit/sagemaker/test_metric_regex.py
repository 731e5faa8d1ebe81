"""Regular expressions of metric definitions, as a service in Java takes them."""

import time

import pytest
from moto.sagemaker.exceptions import ValidationError

from localcloud.patterns import Pattern
from localcloud.sagemaker.metric_regex import check, values


@pytest.mark.parametrize(
    ("regex", "line", "value"),
    [
        (r"loss=([0-9.]+)", "loss=0.5", "0.5"),
        (r"loss=(?<v>[0-9.]+)", "loss=0.5", "0.5"),
        (r"(?<a1>\d+);(?<b>\d+)", "4;5", "4"),
        (r"(?<x>\d)\k<x>", "77", "7"),
        (r"(?<=loss=)(\d+)", "loss=3", "3"),
        (r"(?<!x)loss=(\d+)", "loss=3", "3"),
        (r"\(?<v>(\d+)", "(<v>3", "3"),
        (r"[(?<v>]+(\d+)", "(?<v>3", "3"),
        (r"\\(?<v>\d+)", "\\3", "3"),
        (r"(?i)LOSS: ([-+]?\d+(?:\.\d+)?)", "loss: -1.5", "-1.5"),
        (r".*#011(\d+)", "a#0117", "7"),
        (r"\p{Alpha}+=(\d++)", "ab=3", "3"),
        (r"\\k<x>=(\d)", r"\k<x>=4", "4"),
    ],
)
def test_what_a_line_gives(regex: str, line: str, value: str) -> None:
    assert Pattern(regex).findall(line)[0][1] == value


@pytest.mark.parametrize("regex", ["loss=(?<v>[0-9", "(", "*", "a{2,1}", "[z-a]", "(?<1a>x)", r"\k<no>"])
def test_what_cannot_be_used_is_refused(regex: str) -> None:
    with pytest.raises(ValidationError, match="Invalid regular expression in MetricDefinitions"):
        check([{"Name": "fine", "Regex": "x"}, {"Name": "wrong", "Regex": regex}])


def test_none_are_fine() -> None:
    check([])


@pytest.mark.parametrize(
    ("regex", "line", "found"),
    [
        (r"loss=([^;]+)", "loss=0.5;loss=1e-3;loss=nothing", [0.5, 0.001]),
        (r"loss=", "loss=0.5", []),
        (r"loss=(\d)?", "loss=", []),
        (r"(a+)+$", "a" * 60 + "b", []),
    ],
)
def test_values_of_a_line(regex: str, line: str, found: list[float]) -> None:
    assert list(values(Pattern(regex), line)) == found


def test_backtracking_has_an_end() -> None:
    began = time.monotonic()
    assert list(values(Pattern(r"^(([a-z])+.)+[A-Z]([a-z])+$"), "a" * 60)) == []
    assert time.monotonic() - began < 20
