"""Each event ends as one score or as a dead letter, whatever fails meanwhile."""

import base64
import json
from typing import Any

import boto3
import pytest

from contracts import load
from datasets.flights.features import INPUTS
from datasets.online import row_key
from lambdas.score_events import handler as module
from tests.integration.scoring.site import ARRIVED, Runtime, Site, batch, failures, sequence
from tests.unit.datasets.january import january, kept

CURATED = load("flights").curated
DEPARTURES = [event for event in january("flights") if event["event_type"] == "departure"][2000:2012]


@pytest.fixture
def runtime(site: Site, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """All events until then are kept."""
    memory = kept("flights")
    for event in january("flights"):
        memory.keep(event)
        if event["event_id"] == DEPARTURES[-1]["event_id"]:
            break
    site.write(memory, DEPARTURES)
    found, client = Runtime(), boto3.client
    monkeypatch.setattr(
        "boto3.client", lambda name, **more: found if name.startswith("sagemaker") else client(name, **more)
    )
    module._version.cache_clear()
    return found


def score(*events: Any, first: int = 0) -> list[str]:
    return failures(module.handler(batch(*events, first=first), None))


def test_a_batch_is_one_request_and_each_event_a_score_with_what_it_was_made_of(site: Site, runtime: Runtime) -> None:
    assert score(*DEPARTURES) == []
    assert runtime.requests == [len(DEPARTURES)]
    scores = site.scores()
    assert scores.keys() == {row_key(event, CURATED) for event in DEPARTURES}
    event, found = DEPARTURES[3], scores[row_key(DEPARTURES[3], CURATED)]
    assert (found["probability"], found["decision"], found["variant"]) == (0.7, {"late": True}, "Champion")
    assert (found["event_id"], found["config"]) == (event["event_id"], "mlref-flights-v3-0a1b2c")
    assert found["arrived_at"] == ARRIVED + 3
    assert found["latency_ms"] == pytest.approx(1000 * (found["scored_at"] - found["arrived_at"]), abs=1)
    assert (found["behind"], found["doubts"]) == (False, [])
    assert "review" not in found
    assert found["expires"] == int(found["scored_at"]) + 30 * 86_400
    asked = next(row for row in runtime.rows if row["flight"] == event["flight"] and row["dest"] == event["dest"])
    assert asked == {**found["inputs"], **{name: event[name] for name in CURATED.primary_key}}
    assert found["inputs"].keys() <= set(INPUTS)
    assert {"carrier_delay_rate_7d", "temp", "dest_lat"} <= found["inputs"].keys()


def test_a_record_delivered_twice_scores_once(site: Site, runtime: Runtime) -> None:
    score(*DEPARTURES)
    before = site.scores()
    runtime.probability = 0.2
    assert score(*DEPARTURES, first=100) == []
    assert site.scores() == before


def test_a_later_event_of_a_row_replaces_its_score_and_an_earlier_one_does_not(site: Site, runtime: Runtime) -> None:
    event = DEPARTURES[0]
    later = {**event, "event_id": f"{event['event_id']}-2", "event_time": event["event_time"].replace("000Z", "500Z")}
    score(event)
    runtime.probability = 0.2
    score(later)
    runtime.probability = 0.9
    score(event)
    (found,) = site.scores().values()
    assert (found["probability"], found["event_id"]) == (0.2, later["event_id"])


def test_a_row_that_the_model_refuses_is_found_and_the_others_are_scored(site: Site, runtime: Runtime) -> None:
    wrong = DEPARTURES[4]
    runtime.refused = {wrong["flight"]}
    assert score(*DEPARTURES) == []
    (dead,) = site.dead()
    assert (dead["consumer"], dead["sequence"]) == ("score_events", sequence(4))
    assert dead["reason"] == "the model refuses it: dest: 'XXX' is unknown to training"
    assert len(site.scores()) == len(DEPARTURES) - 1
    assert len(runtime.requests) <= 9  # by halves


def test_an_outage_loses_nothing(site: Site, runtime: Runtime) -> None:
    runtime.down = True
    broken = {**DEPARTURES[0], "distance": "far"}
    assert score(broken, *DEPARTURES, broken) == [sequence(1)]
    assert site.scores() == {}
    assert [item["sequence"] for item in site.dead()] == [sequence(0)]  # the last one comes again
    runtime.down = False
    assert score(*DEPARTURES, broken, first=1) == []
    assert len(site.scores()) == len(DEPARTURES)
    assert [item["sequence"] for item in site.dead()] == [sequence(1 + len(DEPARTURES))]


def test_an_event_that_is_not_kept_yet_is_waited_for_and_then_scored_all_the_same(
    site: Site, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = {**DEPARTURES[0], "flight": 9999, "event_id": "not kept yet"}
    monkeypatch.setenv("WAIT_MS", "200")
    score(new, DEPARTURES[1])
    scores = site.scores()
    assert scores[row_key(new, CURATED)]["behind"] is True
    assert scores[row_key(DEPARTURES[1], CURATED)]["behind"] is False
    assert scores[row_key(new, CURATED)]["features_ms"] >= 200


@pytest.mark.parametrize(("probability", "told"), [(0.505, ["the model is not sure: 0.505"]), (0.52, [])])
def test_near_the_threshold_is_doubtful(site: Site, runtime: Runtime, probability: float, told: list[str]) -> None:
    runtime.probability = probability
    score(DEPARTURES[0])
    (found,) = site.scores().values()
    assert found["doubts"] == told
    assert found.get("review") == ("waiting" if told else None)


def test_what_cannot_be_is_doubtful(site: Site, runtime: Runtime) -> None:
    score({**DEPARTURES[0], "distance": 11_000})
    (found,) = site.scores().values()
    assert found["review"] == "waiting"
    assert found["doubts"][0].startswith("11000 miles flown between airports")


def test_latencies_are_a_metric_with_percentiles(site: Site, runtime: Runtime) -> None:
    score(*DEPARTURES, {**DEPARTURES[0], "distance": "far"})
    found = {}
    for metric in site.cloudwatch.list_metrics(Namespace="mlref/Scoring")["Metrics"]:
        assert metric["Dimensions"] == [{"Name": "Endpoint", "Value": "mlref-flights"}]
        found[metric["MetricName"]] = metric
    assert found.keys() == {"Latency", "Scored", "Behind", "Refused"}


def test_an_error_of_the_datasets_own_code_is_of_one_record(
    site: Site, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = module._online.asked

    def broken(event: dict[str, Any]) -> Any:
        known = yield from asked(event)
        if event["event_id"] == DEPARTURES[2]["event_id"]:
            raise ZeroDivisionError("oh")
        return known

    monkeypatch.setattr(module._online, "asked", broken)
    assert score(*DEPARTURES) == []
    (dead,) = site.dead()
    assert dead["reason"] == "its features cannot be made: ZeroDivisionError: oh"
    assert json.loads(base64.b64decode(dead["data"]))["event_id"] == DEPARTURES[2]["event_id"]
    assert len(site.scores()) == len(DEPARTURES) - 1
