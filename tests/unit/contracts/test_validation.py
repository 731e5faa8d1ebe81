"""Events against the flights contract."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts import Column, load
from contracts.model import ContractError, Table
from contracts.validation import MAX_MESSAGE, EventError, Validator, decode

TABLE = load("flights").table("flight_events")
VALIDATOR = Validator(TABLE)
DEPARTURE: dict[str, Any] = {
    "event_type": "departure",
    "event_id": "2013-01-01-UA-1545-EWR-departure",
    "event_time": "2013-01-01T10:17:00Z",
    "flight_date": "2013-01-01",
    "carrier": "UA",
    "flight": 1545,
    "origin": "EWR",
    "dest": "IAH",
    "tailnum": "N14228",
    "sched_dep_time": 515,
    "sched_arr_time": 819,
    "time_hour": "2013-01-01T10:00:00Z",
    "distance": 1400,
    "dep_time": 517,
    "dep_delay": 2,
}
ARRIVAL: dict[str, Any] = {
    "event_type": "arrival",
    "event_id": "2013-01-01-UA-1545-EWR-arrival",
    "event_time": "2013-01-01T14:04:00Z",
    "flight_date": "2013-01-01",
    "carrier": "UA",
    "flight": 1545,
    "origin": "EWR",
    "dest": "IAH",
    "tailnum": "N14228",
    "arr_time": 830,
    "arr_delay": 11,
    "air_time": 227,
}
HEARTBEAT = {"event_type": "heartbeat", "event_id": "heartbeat-0001", "event_time": "2013-01-01T10:17:00Z"}


def changed(event: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The event with some values changed; ... takes the key away."""
    return {key: value for key, value in {**event, **values}.items() if value is not ...}


def reasons(value: object) -> tuple[str, ...]:
    with pytest.raises(EventError) as caught:
        VALIDATOR.validate(value)
    assert len(str(caught.value)) <= MAX_MESSAGE
    assert str(caught.value).isascii()
    return caught.value.reasons


def test_a_departure_comes_back_in_contract_order_with_its_date() -> None:
    event = VALIDATOR.validate(DEPARTURE)
    assert event == {
        **DEPARTURE,
        "event_time": "2013-01-01T10:17:00.000Z",
        "time_hour": "2013-01-01T10:00:00.000Z",
        "event_date": "2013-01-01",
    }
    order = [column.name for column in (*TABLE.columns, *TABLE.partition_keys)]
    assert list(event) == sorted(event, key=order.index)


def test_event_date_is_the_utc_date_whatever_the_event_says() -> None:
    late = changed(DEPARTURE, event_time="2013-01-01T22:30:15.123987-05:00", event_date="1999-01-01")
    event = VALIDATOR.validate(late)
    assert event["event_time"] == "2013-01-02T03:30:15.123Z"
    assert event["event_date"] == "2013-01-02"


def test_codes_are_trimmed_and_upper_case_and_identifiers_keep_their_case() -> None:
    event = VALIDATOR.validate(
        changed(DEPARTURE, carrier=" ua", origin="ewr ", tailnum="n14228", event_id=" abcdEFGH ")
    )
    assert (event["carrier"], event["origin"], event["tailnum"]) == ("UA", "EWR", "N14228")
    assert event["event_id"] == "abcdEFGH"


def test_integral_numbers_are_integers() -> None:
    event = VALIDATOR.validate(changed(DEPARTURE, dep_delay=2.0, distance=1.4e3))
    assert event["dep_delay"] == 2
    assert type(event["dep_delay"]) is int
    assert type(event["distance"]) is int


def test_null_is_missing() -> None:
    assert "tailnum" not in VALIDATOR.validate(changed(DEPARTURE, tailnum=None))
    assert reasons(changed(DEPARTURE, dep_delay=None)) == ("dep_delay: required, missing",)


def test_unknown_keys_are_left_out() -> None:
    assert VALIDATOR.validate({**DEPARTURE, "gate": "C12", "nested": {"a": [1]}}) == VALIDATOR.validate(DEPARTURE)


@pytest.mark.parametrize("leak", ["arr_time", "arr_delay", "air_time"])
def test_a_departure_carries_nothing_that_is_known_later(leak: str) -> None:
    assert TABLE.column(leak).leaks
    assert leak not in VALIDATOR.validate({**DEPARTURE, leak: 30})


def test_a_cancellation_needs_no_departure_and_an_arrival_no_delay() -> None:
    cancelled = changed(DEPARTURE, event_type="cancellation", dep_time=..., dep_delay=..., tailnum=...)
    assert VALIDATOR.validate(cancelled)["event_type"] == "cancellation"
    diverted = changed(ARRIVAL, arr_delay=..., air_time=...)
    assert "arr_delay" not in VALIDATOR.validate(diverted)


def test_a_heartbeat_needs_identity_and_time_only() -> None:
    assert VALIDATOR.validate(HEARTBEAT)["event_type"] == "heartbeat"
    assert reasons(changed(HEARTBEAT, event_time="now")) == (
        "event_time: expected an ISO 8601 timestamp, got string 'now'",
    )
    assert reasons(changed(HEARTBEAT, event_id=...)) == ("event_id: required, missing",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dep_delay": "abc"}, "dep_delay: expected int, got string 'abc'"),
        ({"dep_delay": "12"}, "dep_delay: expected int, got string '12'"),
        ({"dep_delay": True}, "dep_delay: expected int, got boolean true"),
        ({"dep_delay": 1.5}, "dep_delay: expected int, got number 1.5"),
        ({"dep_delay": [1]}, "dep_delay: expected int, got an array"),
        ({"dep_delay": float("inf")}, "dep_delay: expected int, got number inf"),
        ({"dep_delay": 2881}, "dep_delay: expected -120 to 2880, got integer 2881"),
        ({"dep_delay": 10**400}, "dep_delay: expected -120 to 2880, got an integer of 1329 bits"),
        ({"flight": 0}, "flight: expected 1 to 9999, got integer 0"),
        ({"carrier": 9}, "carrier: expected string, got integer 9"),
        ({"carrier": "UAL"}, "carrier: expected ^[A-Z0-9]{2}$, got string 'UAL'"),
        ({"carrier": "\ufb01"}, "carrier: expected ^[A-Z0-9]{2}$, got string '\\ufb01'"),
        ({"origin": "SFO"}, "origin: expected one of EWR, JFK, LGA; got string 'SFO'"),
        ({"dest": "IAH\nX"}, "dest: expected ^[A-Z]{3}$, got string 'IAH\\nX'"),
        ({"event_id": "12345678\ud800"}, "event_id: expected Unicode text, got string '12345678\\ud800'"),
        ({"event_time": 1357035420}, "event_time: expected an ISO 8601 timestamp, got integer 1357035420"),
        ({"event_time": "2013-01-01T10:17:00"}, "event_time: expected a time zone, got string '2013-01-01T10:17:00'"),
        (
            {"event_time": "2013-02-30T10:17:00Z"},
            "event_time: expected an ISO 8601 timestamp, got string '2013-02-30T10:17:00Z'",
        ),
        (
            {"event_time": "0001-01-01T00:00:00+05:00"},
            "event_time: expected an ISO 8601 timestamp, got string '0001-01-01T00:00:00+05:00'",
        ),
        (
            {"event_time": "1850-01-01T00:00:00Z"},
            "event_time: expected a year from 1900 to 2261, got string '1850-01-01T00:00:00Z'",
        ),
        (
            {"event_type": "diversion"},
            "event_type: expected one of departure, cancellation, arrival, heartbeat; got string 'diversion'",
        ),
        (
            {"event_type": ...},
            "event_type: expected one of departure, cancellation, arrival, heartbeat; is missing",
        ),
        (
            {"event_type": ["departure"]},
            "event_type: expected one of departure, cancellation, arrival, heartbeat; got an array",
        ),
    ],
)
def test_reasons_are_specific(change: dict[str, Any], reason: str) -> None:
    assert reasons(changed(DEPARTURE, **change)) == (reason,)


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "text", [], [DEPARTURE]])
def test_only_an_object_is_an_event(value: object) -> None:
    assert reasons(value)[0].startswith("expected an object, got ")


def test_many_faults_are_counted_and_shortened() -> None:
    with pytest.raises(EventError) as caught:
        VALIDATOR.validate({"event_type": "departure"})
    assert len(caught.value.reasons) == sum(c.required and c.name in DEPARTURE for c in TABLE.columns)
    assert str(caught.value).endswith("; and 8 more")
    long = str(EventError(*["x" * 200] * 3))
    assert len(long) == MAX_MESSAGE
    assert long.endswith("...")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON: Expecting value at character 0"),
        (b'{"a":', "not JSON: Expecting value at character 5"),
        (b'{"a":"\x01"}', "not JSON: Invalid control character at character 6"),
        (b'{"a":1}{"a":1}', "not JSON: Extra data at character 7"),
        (b'{"a":NaN}', "not JSON: NaN is not a number"),
        (b"-Infinity", "not JSON: -Infinity is not a number"),
        (b'{"a":1,"b":{"c":1,"c":2}}', "key 'c' is there twice"),
        (b'{"a":"\xff"}', "not UTF-8: byte 0xff at 6"),
        (b'{"a":"\xed\xa0\x80"}', "not UTF-8: byte 0xed at 6"),
        (b"[" * 100_000, "not JSON: nested too deeply"),
        (b"9" * 5_000, "not JSON: a number has too many digits"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8: byte 0xff at 0"),
    ],
)
def test_decoding_is_strict(data: bytes, reason: str) -> None:
    with pytest.raises(EventError) as caught:
        decode(data)
    assert caught.value.reasons == (reason,)


def test_decoding_reads_a_line() -> None:
    assert decode(b'{"a": "\xc3\xa9"}\r\n') == {"a": "é"}


def test_a_table_that_is_no_table_of_events_is_refused() -> None:
    with pytest.raises(ContractError, match=r"^planes: a table of events needs an event time"):
        Validator(load("flights").table("planes"))


def table(*columns: Column) -> Table:
    """A small table of events with the given columns."""
    identity = (Column("event_time", "timestamp", "", required=True), *columns)
    keys = (Column("event_type", "string", "", enum=("seen",)), Column("event_date", "string", ""))
    return Table("seen", "", "raw/seen", "parquet", identity, keys, ("event_time",), "event_time", ())


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        (Column("x", "double", "", minimum=0), {1: 1.0, 0.5: 0.5}, [-0.1, "1", True, float("nan"), 1e999, 10**400]),
        (Column("x", "boolean", ""), {True: True, False: False}, [0, 1, "true"]),
        (Column("x", "date", ""), {"2013-01-31": "2013-01-31"}, ["2013-02-30", 20130131, "2013-01-31T10:00:00Z"]),
        (Column("x", "bigint", ""), {2**63 - 1: 2**63 - 1}, [2**63, -(2**63) - 1]),
        (Column("x", "int", ""), {-(2**31): -(2**31)}, [2**31, 2.5]),
        (Column("x", "string", ""), {" any Case ": "any Case"}, [1, {}]),
        (Column("x", "string", "", pattern="[0-9]+"), {"12": "12"}, ["12a", "a12", "12\n3"]),
    ],
)
def test_every_type_of_the_contract_is_checked(column: Column, good: dict[Any, Any], bad: list[Any]) -> None:
    validator = Validator(table(column))
    event = {"event_type": "seen", "event_time": "2013-01-01T00:00:00Z"}
    for value, expected in good.items():
        normal = validator.validate({**event, "x": value})["x"]
        assert normal == expected
        assert type(normal) is type(expected)
    for value in bad:
        with pytest.raises(EventError, match=r"^x: expected "):
            validator.validate({**event, "x": value})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.builds(
    lambda base, changes, gone: {k: v for k, v in {**base, **changes}.items() if k not in gone},
    st.sampled_from([DEPARTURE, ARRIVAL, HEARTBEAT, changed(DEPARTURE, event_type="cancellation")]),
    st.dictionaries(
        st.sampled_from(sorted({*DEPARTURE, *ARRIVAL})),
        JSON | st.integers(-200, 3000) | st.datetimes().map(lambda t: f"{t.isoformat()}+00:00"),
        max_size=3,
    ),
    st.sets(st.sampled_from(sorted({*DEPARTURE, *ARRIVAL})), max_size=2),
)


def outcome(function: Callable[[Any], Any], value: object) -> Any:
    """What the function makes of the value: its result, or the reasons it raised."""
    try:
        return function(value)
    except EventError as error:
        return error


@settings(max_examples=20 * settings().max_examples)
@given(JSON | EVENTS)
@example({"event_type": "departure\ud800"})
def test_any_value_is_an_event_that_validates_to_itself_or_has_reasons(value: object) -> None:
    event = outcome(VALIDATOR.validate, value)
    if isinstance(event, EventError):
        assert event.reasons
        assert 0 < len(str(event)) <= MAX_MESSAGE
        assert str(event).isascii()
    else:
        assert VALIDATOR.validate(event) == event
        assert decode(json.dumps(event, ensure_ascii=False).encode()) == event
        assert set(event) <= {column.name for column in (*TABLE.columns, *TABLE.partition_keys)}


@settings(max_examples=20 * settings().max_examples)
@given(st.binary(max_size=64) | JSON.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_decode_or_have_a_reason(data: bytes) -> None:
    value = outcome(decode, data)
    if isinstance(value, EventError):
        assert len(value.reasons) == 1
        assert len(str(value)) <= MAX_MESSAGE
    else:
        assert decode(json.dumps(value).encode()) == value


@pytest.mark.parametrize("text", ["2013-02-30", "2013-13-01", "2013-99-99", "", 20130101])
def test_a_date_kept_as_text_is_in_the_calendar(text: object) -> None:
    (reason,) = reasons(changed(DEPARTURE, flight_date=text))
    assert reason.startswith("flight_date: expected a date as yyyy-MM-dd, got")


def test_a_date_kept_as_text_has_one_spelling() -> None:
    assert VALIDATOR.validate(changed(DEPARTURE, flight_date=" 20130131 "))["flight_date"] == "2013-01-31"
