"""The commands that see scores, answer reviews, and show what could not be scored."""

import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from cli.main import app
from cli.scoring import dead_letters, reviews, scores
from cli.scoring.dead_letters import read
from lambdas.dynamodb import pack
from lambdas.stream import DeadLetters, Refusal, records
from tests.integration.scoring.site import SCORES, Site, batch, sequence

KEY = "2013-01-09/UA/1545/EWR"
SCORE = {
    "pk": KEY,
    "order": "1",
    "probability": 0.503,
    "decision": {"late": True},
    "doubts": ["the model is not sure: 0.503"],
    "review": "waiting",
    "inputs": {"distance": 1400, "temp": 39.02},
    "variant": "Champion",
    "config": "mlref-flights-v3",
    "behind": False,
    "arrived_at": 1_800_000_000.25,
    "scored_at": 1_800_000_000.5,
    "latency_ms": 250,
    "features_ms": 40,
    "endpoint_ms": 20,
}


@pytest.fixture(autouse=True)
def names(site: Site, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What is deployed."""
    questions = site.sqs.create_queue(QueueName="questions")["QueueUrl"]
    found = SimpleNamespace(scores_table=SCORES, dead_letters=site.queue, review_queue=questions)
    for module in (scores, reviews, dead_letters):
        monkeypatch.setattr(module, "outputs", lambda: found)
    return found


def told(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout


# --- scores


@pytest.fixture
def scored(site: Site) -> None:
    sure = SCORE | {"pk": "2013-01-09/AA/1/JFK", "doubts": [], "probability": 0.9, "scored_at": 1_800_000_009.0}
    for item in (SCORE, {name: value for name, value in sure.items() if name != "review"}):
        site.dynamodb.put_item(TableName=SCORES, Item=pack(item))


@pytest.mark.usefixtures("scored")
def test_scores_are_listed_newest_first_or_only_doubtful_ones() -> None:
    newest, older = (json.loads(line) for line in told("scores", "list", "--json").splitlines())
    assert (newest["pk"], older["pk"]) == ("2013-01-09/AA/1/JFK", KEY)
    assert older == SCORE
    (only,) = told("scores", "list", "--doubtful", "--json").splitlines()
    assert json.loads(only)["pk"] == KEY
    assert "1 of 2 scores" in told("scores", "list", "--limit", "1")


@pytest.mark.usefixtures("scored")
def test_a_score_tells_where_its_time_went_and_who_decided(site: Site) -> None:
    shown = told("scores", "show", KEY)
    assert f"{KEY}: late, probability 0.503" in shown
    assert "doubtful: the model is not sure" in shown
    for part in ("40", "20", "250", "Champion of mlref-flights-v3", "39.02"):
        assert part in shown
    judged = SCORE | {"review": "overruled", "final": False, "verdict_by": "me"}
    site.dynamodb.put_item(TableName=SCORES, Item=pack(judged))
    assert f"{KEY}: not late" in told("scores", "show", KEY)
    assert "review: overruled by me" in told("scores", "show", KEY)


def test_a_score_that_is_not_there_is_one_sentence() -> None:
    wrong = CliRunner().invoke(app, ["scores", "show", "2013"]).exception
    assert str(wrong).startswith("there is no score of 2013: `mlref scores list`")


# --- reviews


class Machine:
    """Step Functions, as its client sees it; ``over`` are tokens nobody waits for."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.over: set[str] = set()

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        if taskToken in self.over:
            raise ClientError({"Error": {"Code": "TaskTimedOut"}}, "SendTaskSuccess")
        self.answers[taskToken] = json.loads(output)


@pytest.fixture
def machine(site: Site, names: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for number in range(12):
        question = {"token": f"token-{number}", "key": f"{KEY}-{number}", "order": "1", "probability": 0.503}
        body = json.dumps({**question, "decision": True, "doubts": ["not sure"]})
        site.sqs.send_message(QueueUrl=names.review_queue, MessageBody=body)
    found, client = Machine(), boto3.client
    monkeypatch.setattr(
        "boto3.client", lambda name, **more: found if name == "stepfunctions" else client(name, **more)
    )
    return found


def waiting() -> set[str]:
    return {json.loads(line)["key"] for line in told("reviews", "list", "--json").splitlines()}


@pytest.mark.usefixtures("machine")
def test_questions_can_be_looked_at_again_and_again_and_show_no_token() -> None:
    assert waiting() == waiting() == {f"{KEY}-{number}" for number in range(12)}
    assert "token" not in told("reviews", "list", "--json")
    assert "12 wait for" in told("reviews", "list")


def test_a_verdict_answers_one_question_and_takes_it_away(machine: Machine) -> None:
    shown = told("reviews", "decide", f"{KEY}-3", "--verdict", "overruled", "--by", "me")
    assert shown == f"{KEY}-3 is overruled by me\n"
    assert machine.answers == {"token-3": {"verdict": "overruled", "by": "me"}}
    assert waiting() == {f"{KEY}-{number}" for number in range(12) if number != 3}


def test_a_verdict_that_comes_too_late_is_told_and_the_question_goes(machine: Machine) -> None:
    machine.over = {"token-3"}
    wrong = CliRunner().invoke(app, ["reviews", "decide", f"{KEY}-3", "--verdict", "confirmed"]).exception
    assert str(wrong).startswith(f"nobody waits for a verdict on {KEY}-3")
    assert f"{KEY}-3" not in waiting()


# --- dead letters


def test_dead_letters_of_functions_and_of_mappings_are_shown_until_they_are_removed(site: Site) -> None:
    (record,) = records(batch(b'{"event_type": "depart'))
    DeadLetters(site.sqs, site.queue, "keep_features").send([Refusal(record, "not JSON: Unterminated string")])
    site.sqs.send_message(
        QueueUrl=site.queue,
        MessageBody=json.dumps(
            {  # https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
                "requestContext": {
                    "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:Score",
                    "condition": "RecordAgeExceeded",
                },
                "KinesisBatchInfo": {
                    "shardId": "shardId-000000000000",
                    "startSequenceNumber": "1",
                    "endSequenceNumber": "9",
                    "batchSize": 7,
                },
            }
        ),
    )
    first, second = sorted(read(), key=lambda letter: letter.consumer)
    assert (first.consumer, first.reason, first.record) == ("Score", "RecordAgeExceeded", b"")
    assert first.where == "shardId-000000000000 1 to 9 (7 records)"
    assert (second.consumer, second.where) == ("keep_features", f"shardId-000000000000 {sequence(0)}")
    assert second.record == b'{"event_type": "depart'
    assert "2 dead letters, now removed" in told("dead-letters", "--remove")
    assert "0 dead letters" in told("dead-letters")
