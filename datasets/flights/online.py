"""Flights as they happen: what is known at push-back, the numbers of `datasets.flights.curation` one event at a time.

One difference there is. A day's delay rates look at the seven days before, and of yesterday's flights some are still
in the air when today's first ones leave. The curated table is made later and knows how they landed; here only what
has landed counts, which is what a prediction can know.
"""

from datetime import date, timedelta
from typing import Any

from datasets.online import Asking, Effects, Event, Key, Known, Range, Row, kilometres, only, present, reference

SCORED = "departure"
REFERENCE = ("airports", "planes", "weather")
KEEP_DAYS = 11  # a landing comes up to three days after its day, and counts for seven more

HISTORY_DAYS = 7
LATE_MINUTES = 15
BY = ("carrier", "origin")
_WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib")
_PLANE = ("year", "manufacturer", "engines", "seats")

# What no flight does. Airliners cruise at 600 miles an hour over the ground, more only with the jet stream behind them.
MAX_MPH = 700
# Airways are longer than the great circle, and airports of one city count as one place in some schedules.
DISTANCE_SHARE, DISTANCE_MILES = 0.1, 30
MILES_PER_KM = 1 / 1.609344
DAY_MINUTES = 1440


def stray(_: Event) -> str:
    """A flight's events say what flight they are of, whenever they come."""
    return ""


def kind(event: Event) -> str:
    """How it left, which a cancellation tells as well, or how it landed."""
    return "landing" if event["event_type"] == "arrival" else "opening"


def effects(row: Row) -> Effects:
    """A flight that left and landed is an arrival of its carrier and its origin, and late or not."""
    opening, landing = row.get("opening"), row.get("landing")
    if opening is None or landing is None or opening["event_type"] == "cancellation" or "arr_delay" not in landing:
        return Effects()
    counted = {"arrivals": 1, "late": int(landing["arr_delay"] >= LATE_MINUTES)}
    return Effects({Key(f"{by}#{landing[by]}", landing["flight_date"]): counted for by in BY})


def asked(event: Event) -> Asking:
    """The schedule, the plane, the airport, the weather of the scheduled hour, and the delay rates of seven days."""
    day = date.fromisoformat(event["flight_date"])
    first, last = (str(day - timedelta(days)) for days in (HISTORY_DAYS, 1))
    days = {by: Range(f"{by}#{event[by]}", first, last) for by in BY}
    plane_key = reference("planes", event["tailnum"]) if "tailnum" in event else None
    weather_key = reference("weather", event["origin"], event["time_hour"])
    airports = [reference("airports", event[name]) for name in ("origin", "dest")]
    found = yield [*days.values(), *airports, weather_key, *([plane_key] if plane_key else [])]
    plane, weather = only(found, plane_key), only(found, weather_key)
    origin, dest = (only(found, airport) for airport in airports)
    inputs = {
        **{name: event[name] for name in ("flight_date", "carrier", "origin", "dest")},
        **{name: event[name] for name in ("sched_dep_time", "sched_arr_time", "distance")},
        **{f"dest_{name}": dest.get(name) for name in ("lat", "lon")},
        **{f"plane_{name}": plane.get(name) for name in _PLANE},
        **{name: weather.get(name) for name in _WEATHER},
        **{f"{by}_delay_rate_{HISTORY_DAYS}d": _rate(found[days[by]]) for by in BY},
    }
    return Known(present(inputs), tuple(_doubts(event, origin, dest)))


def _rate(days: list[dict[str, Any]]) -> float | None:
    arrivals = sum(item.get("arrivals", 0) for item in days)
    late = sum(item.get("late", 0) for item in days)
    return late / arrivals if arrivals else None


def _doubts(event: Event, origin: dict[str, Any], dest: dict[str, Any]) -> list[str]:
    """What of a schedule cannot be: the distance between the two airports, the speed over it."""
    found = []
    apart = kilometres((origin.get("lat"), origin.get("lon")), (dest.get("lat"), dest.get("lon")))
    if apart is not None:
        miles = apart * MILES_PER_KM
        if abs(event["distance"] - miles) > DISTANCE_SHARE * miles + DISTANCE_MILES:
            found.append(f"{event['distance']} miles flown between airports {miles:.0f} miles apart")
    if "tz" in origin and "tz" in dest:
        leaves, lands = (_minutes(event[name]) for name in ("sched_dep_time", "sched_arr_time"))
        minutes = (lands - leaves - 60 * (dest["tz"] - origin["tz"])) % DAY_MINUTES
        mph = event["distance"] * 60 / max(minutes, 1)
        if mph > MAX_MPH:
            found.append(f"{event['distance']} miles scheduled in {minutes} minutes, {mph:.0f} miles an hour")
    return found


def _minutes(hhmm: int) -> int:
    return int(hhmm // 100 * 60 + hhmm % 100) % DAY_MINUTES
