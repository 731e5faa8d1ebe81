"""What is kept of events does not depend on the order in which they come, nor on how often."""

import random

import pytest

from contracts import load
from contracts.validation import Validator
from datasets.kept import Kept
from datasets.online import Effects, Event, Item, Key, change, kilometres, online_of, order_of, rounded, total
from tests.unit.datasets.january import january, kept

SOME = {"flights": 1500, "payments": 1500}


def events(dataset: str) -> list[Event]:
    """Of some rows, with corrections of half of them."""
    found = list(january(dataset)[: SOME[dataset]])
    corrected = [{**item, "event_id": f"{item['event_id']}-2"} for item in found[::2]]
    for item in corrected:
        for name in ("arr_delay", "amount"):
            if name in item:
                item[name] += 20
    return [*found, *corrected]


def everything(memory: Kept) -> dict[Key, Item]:
    """Counters that are 0 again say the same as those that never were."""
    numbers = {"arrivals", "late", "labelled", "fraud"}
    return {key: item for key, item in memory.items.items() if not item.keys() <= numbers or any(item.values())}


@pytest.mark.parametrize("dataset", ["flights", "payments"])
def test_any_order_and_any_number_of_deliveries_leave_the_same(dataset: str) -> None:
    told = events(dataset)
    once = kept(dataset)
    for event in told:
        once.keep(event)
    assert len(everything(once)) > 500
    for seed in range(3):
        shuffled = random.Random(seed).sample([*told, *told[::3]], len(told) + len(told[::3]))  # noqa: S311
        again = kept(dataset)
        for event in shuffled:
            again.keep(event)
        assert again.rows == once.rows
        assert everything(again) == everything(once)


@pytest.mark.parametrize("dataset", ["flights", "payments"])
def test_what_is_known_is_found_by_what_was_asked_for(dataset: str) -> None:
    """A module may only look at what it names."""
    memory, online = kept(dataset), online_of(dataset)
    scored = [event for event in january(dataset)[:2000] if event["event_type"] == online.SCORED]
    for event in scored[:50]:
        known = memory.known(event)
        assert known == memory.known(event)
        assert None not in known.inputs.values()
    assert len(scored) > 50


def test_a_cancellation_takes_a_landing_back_and_a_later_departure_gives_it_again() -> None:
    memory = kept("flights")
    flight = next(event for event in january("flights") if event["event_type"] == "arrival")
    departure = next(
        event
        for event in january("flights")
        if event["event_type"] == "departure" and event["event_id"].startswith(flight["event_id"][:-8])
    )
    place = Key(f"carrier#{flight['carrier']}", flight["flight_date"])
    memory.keep(flight)
    assert place not in memory.items  # not known to have left
    memory.keep(departure)
    assert memory.items[place]["arrivals"] == 1
    later = f"{departure['event_time'][:10]}T23:59:00.000Z"
    memory.keep({**departure, "event_type": "cancellation", "event_id": "cancelled", "event_time": later})
    assert memory.items[place]["arrivals"] == 0
    memory.keep({**departure, "event_id": "left after all", "event_time": later.replace("59:00", "59:30")})
    assert memory.items[place]["arrivals"] == 1


def test_a_payment_after_its_days_is_a_stray() -> None:
    online = online_of("payments")
    paid = january("payments")[0]
    assert online.stray(paid) == ""
    assert online.stray({**paid, "event_date": "2013-01-04"}) == ""
    assert online.stray({**paid, "event_date": "2013-01-05"}).startswith("event_date 2013-01-05 is not within 3 days")
    assert online.stray({**paid, "event_date": "2012-12-31"})


def test_doubts_are_what_cannot_be() -> None:
    memory = kept("flights")
    flight = next(event for event in january("flights") if event["dest"] == "LAX" and "distance" in event)
    assert memory.known(flight).doubts == ()
    (told,) = memory.known({**flight, "distance": 1200}).doubts
    assert "1200 miles flown between airports" in told
    (told,) = memory.known({**flight, "sched_arr_time": flight["sched_dep_time"] % 2400}).doubts
    assert "miles an hour" in told
    memory = kept("payments")
    shop = next(item for item in january("payments") if item.get("card_present"))
    memory.keep(shop)
    merchants = [item for key, item in memory.items.items() if key.pk.startswith("merchants#") and "lat" in item]
    here = memory.items[Key(f"merchants#{shop['merchant_id']}", "reference")]
    far = max(merchants, key=lambda item: kilometres((item["lat"], item["lon"]), (here["lat"], here["lon"])) or 0)
    validator = Validator(load("payments").events)
    time = shop["event_time"].replace("T00:0", "T00:4")
    soon = validator.validate({**shop, "event_time": time, "payment_id": "20130101-999999", "event_id": "far away 1"})
    (told,) = memory.known({**soon, "merchant_id": far["merchant_id"]}).doubts
    assert "km from the shop before" in told
    assert memory.known(soon).doubts == ()


def test_changes_are_what_differs() -> None:
    one, two = Key("a", "1"), Key("b", "2")
    before = Effects({one: {"n": 1, "late": 1}}, {one: {"x": 1}, two: {"x": 2}})
    after = Effects({one: {"n": 1, "late": 0}, two: {"n": 1}}, {one: {"x": 1}})
    found = change(before, after)
    assert found.adds == {one: {"late": -1}, two: {"n": 1}}
    assert found.puts == {}
    assert found.deletes == {two}
    assert total([found.adds, found.adds]) == {one: {"late": -2}, two: {"n": 2}}


def test_events_of_one_instant_have_an_order_whatever_they_lack() -> None:
    order = order_of(load("flights").events)
    arrival = next(event for event in january("flights") if event["event_type"] == "arrival")
    less = {name: value for name, value in arrival.items() if name != "arr_delay"}
    assert order(arrival) > order(less)
    assert order({**arrival, "event_id": "zzzzzzzz"}) > order(arrival)


def test_numbers_round_as_sparks_do() -> None:
    assert rounded(2.5, 0) == 3
    assert rounded(1015.5, 0) == 1016
    assert rounded(0.25, 1) == 0.3
    assert rounded(-0.25, 1) == -0.3
    assert kilometres((0, 0), (0, None)) is None
    assert kilometres((0, 0), (0, 180)) == pytest.approx(20015.1, abs=0.1)
