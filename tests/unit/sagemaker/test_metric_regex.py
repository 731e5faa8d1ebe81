"""Regular expressions of metric definitions, as a service in Java takes them."""

import pytest
from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker.metric_regex import check, compiled


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
    ],
)
def test_what_a_line_gives(regex: str, line: str, value: str) -> None:
    found = compiled(regex).search(line)
    assert found is not None
    assert found[1] == value


@pytest.mark.parametrize(
    "regex", ["loss=(?<v>[0-9", "(", "*", "a{2,1}", "[z-a]", "(?<1a>x)", r"\k<no>", "(?P<a>x)(?P<a>y)"]
)
def test_what_cannot_be_used_is_refused(regex: str) -> None:
    with pytest.raises(ValidationError, match="Invalid regular expression in MetricDefinitions"):
        check([{"Name": "fine", "Regex": "x"}, {"Name": "wrong", "Regex": regex}])


def test_none_are_fine() -> None:
    check([])
