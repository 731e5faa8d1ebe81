"""Tumbling windows on a running cloud."""

from tests.integration.event_sources.conftest import Bench
from tests.integration.inbox import until

SUM = "return {'state': {'n': event['state'].get('n', 0) + len(event['Records'])}}"


def test_the_state_of_a_window_goes_on_until_its_last_invocation(bench: Bench) -> None:
    bench.function(SUM)
    bench.mapping(bench.stream(), TumblingWindowInSeconds=60, BatchSize=2)
    bench.put(*"abcde")
    until(bench.events, lambda found: sum(it["isFinalInvokeForWindow"] for it in found) >= 1)
    events = bench.events()
    finals = [event for event in events if event["isFinalInvokeForWindow"]]
    assert sum(event["state"]["n"] for event in finals) == 5 or len(finals) == 1
    assert events[0]["state"] == {}
    assert all(event["Records"] == [] for event in finals)
    assert not any(event["isWindowTerminatedEarly"] for event in events)
    assert events[0]["shardId"] == "shardId-000000000000"
    assert events[0]["eventSourceARN"].endswith(":stream/events")
    assert events[0]["window"]["start"] < events[0]["window"]["end"]


def test_every_window_has_one_last_invocation_and_no_record_is_counted_twice(bench: Bench) -> None:
    bench.function(SUM)
    bench.mapping(bench.stream(), TumblingWindowInSeconds=6)  # a tenth of a second
    for _ in range(20):
        bench.put("a")
    finals = until(
        lambda: [it for it in bench.events() if it["isFinalInvokeForWindow"]],
        lambda found: sum(it["state"]["n"] for it in found) == 20,
    )
    starts = [final["window"]["start"] for final in finals]
    assert starts == sorted(set(starts))


def test_too_much_state_ends_a_window_early(bench: Bench) -> None:
    bench.function("print('EARLY', event['isWindowTerminatedEarly'], event['isFinalInvokeForWindow'])\n"
                   "return {'state': {'x': 'y' * 1_100_000}}")  # fmt: skip
    bench.mapping(bench.stream(), TumblingWindowInSeconds=900)
    bench.put("a")
    lines = until(lambda: [it for it in bench.lines() if it.startswith("EARLY")], lambda found: len(found) >= 2)
    assert [line.split() for line in lines] == [["EARLY", "False", "False"], ["EARLY", "True", "True"]]


def test_a_window_of_an_idle_shard_ends_by_the_clock(bench: Bench) -> None:
    bench.function(SUM)
    bench.mapping(bench.stream(), TumblingWindowInSeconds=12)
    bench.put("a")
    events = bench.until_events(2)
    assert [event["isFinalInvokeForWindow"] for event in events] == [False, True]
    bench.quiet()
    assert len(bench.events()) == 2
