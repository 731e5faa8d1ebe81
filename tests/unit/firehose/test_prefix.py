"""Prefix expressions: Firehose's rules, and that nothing but valid prefixes is ever evaluated."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.firehose import prefix as prefixes
from localcloud.firehose.javatime import PatternError, format_time

WHEN = datetime(2018, 8, 7, 3, 4, 5, 678901, tzinfo=UTC)
ERRORS = "e/!{firehose:error-output-type}/"


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", "2018/08/07/03/"),
        ("plain", "plain2018/08/07/03/"),
        ("a/!{timestamp:yyyy}/m=!{timestamp:MM}/", "a/2018/m=08/"),
        ("!{timestamp:'year='yyyy'/month='MM'/day='dd'/hour='HH}/", "year=2018/month=08/day=07/hour=03/"),
        ("t=!{partitionKeyFromLambda:type}/d=!{partitionKeyFromLambda:date}/", "t=x/d=2013-01-01/"),
        ("t=!{partitionKeyFromLambda:type}/!{timestamp:HH}/", "t=x/03/"),
    ],
)
def test_prefixes_evaluate_as_in_the_guide(prefix: str, expected: str) -> None:
    assert prefixes.evaluate(prefix, WHEN, {"type": "x", "date": "2013-01-01"}) == expected


@pytest.mark.parametrize(
    ("prefix", "error_prefix", "expected"),
    [
        ("p/", "", "p/processing-failed/2018/08/07/03/"),
        ("p/", "e/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/", "e/processing-failed/2018/08/07/"),
        (
            "p/",
            "e/!{firehose:error-output-type}/!{firehose:error-output-type}",
            "e/processing-failed/processing-failed",
        ),
        ("p/", "plain/", "plain/processing-failed/2018/08/07/03/"),
    ],
)
def test_error_prefixes_name_the_kind_of_failure(prefix: str, error_prefix: str, expected: str) -> None:
    assert prefixes.evaluate_error(prefix, error_prefix, WHEN, "processing-failed") == expected


def test_random_strings_have_11_characters_and_differ() -> None:
    first, second = prefixes.evaluate("!{firehose:random-string}/!{firehose:random-string}/", WHEN).split("/")[:2]
    assert re.fullmatch(r"\w{11}", first)
    assert re.fullmatch(r"\w{11}", second)
    assert first != second


@pytest.mark.parametrize(
    ("prefix", "error_prefix", "dynamic", "reason"),
    [
        (
            "!{timestamp:yyyy}",
            "",
            False,
            "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions",
        ),
        ("!{firehose:error-output-type}", ERRORS, False, "Prefix cannot contain !{firehose:error-output-type}"),
        ("a/", "!{timestamp:yyyy}/", False, "must include at least one instance of !{firehose:error-output-type}"),
        ("!{timestamp:yyyy", ERRORS, False, "The sequence !{ can only appear in"),
        ("!{time:yyyy}", ERRORS, False, "Invalid namespace 'time'"),
        ("!{firehose:other}", ERRORS, False, "Invalid firehose value 'other'"),
        ("!{timestamp:}", ERRORS, False, "needs a value"),
        ("!{timestamp:foo bar}", ERRORS, False, "Invalid timestamp pattern 'foo bar'"),
        ("!{timestamp:'open}", ERRORS, False, "incomplete string literal"),
        ("!{partitionKeyFromLambda:k}/", ERRORS, False, "only when dynamic partitioning is enabled"),
        ("a/!{timestamp:yyyy}/", ERRORS, True, "must contain at least one partition key"),
        (
            "!{partitionKeyFromLambda:k}/",
            ERRORS + "!{partitionKeyFromLambda:k}",
            True,
            "cannot contain partition keys",
        ),
    ],
)
def test_bad_prefixes_are_refused_with_the_broken_rule(
    prefix: str, error_prefix: str, dynamic: bool, reason: str
) -> None:
    with pytest.raises(prefixes.PrefixError, match=re.escape(reason)):
        prefixes.check(prefix, error_prefix, dynamic)


def test_an_evaluated_prefix_has_at_most_512_characters() -> None:
    assert len(prefixes.evaluate("!{partitionKeyFromLambda:k}", WHEN, {"k": "x" * 512})) == 512
    with pytest.raises(prefixes.PrefixError, match="more than 512"):
        prefixes.evaluate("!{partitionKeyFromLambda:k}", WHEN, {"k": "x" * 513})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss.SSS", "2018-08-07T03:04:05.678"),
        ("yy.M.d", "18.8.7"),
        ("uuuu DDD D", "2018 219 219"),
        ("EEE EEEE MMM MMMM MMMMM", "Tue Tuesday Aug August A"),
        ("h a K k", "3 AM 3 3"),
        ("''yyyy''", "'2018'"),
        ("'o''clock'", "o'clock"),
    ],
)
def test_java_patterns(pattern: str, expected: str) -> None:
    assert format_time(pattern, WHEN) == expected


@pytest.mark.parametrize("pattern", ["ddd", "HHH", "{", "x#", "[yyyy]", "w", "zzz"])
def test_patterns_that_are_not_done_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        format_time(pattern, WHEN)


def test_the_time_is_the_one_given() -> None:
    assert prefixes.evaluate("!{timestamp:HH}/", WHEN.astimezone(ZoneInfo("Asia/Tokyo"))) == "12/"


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))
def test_numbers_are_pythons_numbers(when: datetime) -> None:
    assert format_time("yyyy/MM/dd/HH/mm/ss", when) == when.strftime("%Y/%m/%d/%H/%M/%S")
    assert format_time("DDD", when) == when.strftime("%j")
    assert format_time("SSSSSS", when) == f"{when.microsecond:06d}"


@given(st.text(alphabet="ab/=_-.!{}:'", max_size=40))
def test_any_text_is_refused_or_evaluates_without_a_rest(prefix: str) -> None:
    try:
        prefixes.check(prefix, ERRORS, False)
    except prefixes.PrefixError:
        return
    assert "!{" not in prefixes.evaluate(prefix, WHEN)


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text(min_size=1, max_size=20), min_size=1),
    st.text("xyz=/", max_size=10),
)
def test_partition_keys_come_out_as_they_went_in(keys: dict[str, str], between: str) -> None:
    prefix = between.join(f"!{{partitionKeyFromLambda:{name}}}" for name in keys)
    assert prefixes.partition_keys(prefix) == set(keys)
    assert prefixes.evaluate(prefix, WHEN, keys) == between.join(keys.values())
