"""Scores go on to their stream at least once, and doubtful ones to one review."""

import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.dynamodb import pack
from lambdas.publish_scores.handler import execution_name, handler, message
from tests.integration.scoring.site import PUBLISHED, Site, failures

SCORE = {
    "pk": "2013-01-09/UA/1545/EWR",
    "order": "2013-01-09T10:00:00.000Z#departure-1",
    "event_id": "departure-1",
    "probability": 0.503,
    "decision": {"late": True},
    "doubts": ["the model is not sure: 0.503"],
    "inputs": {"distance": 1400},
    "review": "waiting",
    "latency_ms": 210,
    "expires": 1_800_000_000,
}
SURE = {name: value for name, value in SCORE.items() if name != "review"} | {
    "pk": "2013-01-09/AA/1/JFK",
    "doubts": [],
}


def changes(*items: dict[str, Any]) -> dict[str, Any]:
    return {
        "Records": [
            {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(100 + number), "NewImage": pack(item)}}
            for number, item in enumerate(items)
        ]
    }


class Reviews:
    """Step Functions, as its client sees it; ``wrong`` is what it answers instead."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.wrong = ""

    def start_execution(self, **given: Any) -> None:
        if self.wrong or given["name"] in {item["name"] for item in self.started}:
            raise ClientError({"Error": {"Code": self.wrong or "ExecutionAlreadyExists"}}, "StartExecution")
        self.started.append(given)


@pytest.fixture
def reviews(site: Site, monkeypatch: pytest.MonkeyPatch) -> Reviews:
    found, client = Reviews(), boto3.client
    monkeypatch.setattr(
        "boto3.client", lambda name, **more: found if name == "stepfunctions" else client(name, **more)
    )
    return found


def published(site: Site) -> list[dict[str, Any]]:
    (shard,) = site.kinesis.list_shards(StreamName=PUBLISHED)["Shards"]
    start = site.kinesis.get_shard_iterator(
        StreamName=PUBLISHED, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    return [json.loads(item["Data"]) for item in site.kinesis.get_records(**_iterator(start))["Records"]]


def _iterator(answer: dict[str, Any]) -> dict[str, Any]:
    return {"ShardIterator": answer["ShardIterator"]}


def test_scores_are_published_and_only_doubtful_ones_are_reviewed(site: Site, reviews: Reviews) -> None:
    assert failures(handler(changes(SCORE, SURE), None)) == []
    first, second = published(site)
    assert (first["kind"], first["key"], first["probability"]) == ("score", SCORE["pk"], 0.503)
    assert second["key"] == SURE["pk"]
    assert not {"pk", "inputs", "expires"} & first.keys()
    (started,) = reviews.started
    told = json.loads(started["input"])
    assert (told["key"], told["decision"], told["opposite"]) == (SCORE["pk"], True, False)
    assert started["name"] == execution_name(SCORE)


def test_a_change_that_comes_again_starts_no_second_review(site: Site, reviews: Reviews) -> None:
    for _ in range(2):
        assert failures(handler(changes(SCORE), None)) == []
    assert len(reviews.started) == 1
    assert len(published(site)) == 2  # at least once


def test_a_verdict_is_published_and_not_reviewed_again(site: Site, reviews: Reviews) -> None:
    judged = {
        **SCORE,
        "review": "overruled",
        "final": False,
        "verdict_at": "2026-11-30T22:00:00Z",
        "verdict_by": "me",
    }
    handler(changes(judged), None)
    (told,) = published(site)
    assert (told["kind"], told["final"], told["review"]) == ("verdict", False, "overruled")
    assert reviews.started == []


def test_when_reviews_cannot_be_started_it_goes_on_from_there(site: Site, reviews: Reviews) -> None:
    reviews.wrong = "ThrottlingException"
    assert failures(handler(changes(SURE, SCORE, SURE), None)) == ["101"]
    reviews.wrong = ""
    assert failures(handler(changes(SCORE, SURE), None)) == []
    assert len(reviews.started) == 1


def test_when_the_stream_takes_nothing_no_review_is_started(
    site: Site, reviews: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCORES_STREAM", "there-is-none")
    assert failures(handler(changes(SCORE), None)) == ["100"]
    assert reviews.started == []


def test_names_of_executions_are_what_step_functions_takes() -> None:
    long = {**SCORE, "pk": "Ü/" * 100}
    for item in (SCORE, long):
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", execution_name(item))
    assert execution_name(SCORE) == execution_name(dict(SCORE))
    assert execution_name(SCORE) != execution_name({**SCORE, "order": "later"})
    assert message(SCORE)["kind"] == "score"
