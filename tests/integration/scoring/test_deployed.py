"""The stack as it is deployed, with roles that may do what their policies allow: ways of a record, and its end."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cli.deployment import Outputs, outputs
from cli.scoring.dead_letters import read
from cli.scoring.reviews import Verdict, decide, looking
from lambdas.dynamodb import pack, unpack
from localcloud import LocalCloud
from localcloud.assembly import deploy
from tests.integration.inbox import until
from tests.unit.datasets.january import january

KEY = "2013-01-09/UA/{}/EWR"
STACK = "mlref-RealtimeScoring"


@pytest.fixture
def names(cloud: LocalCloud, synthesized: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outputs]:
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    deploy(synthesized(architectures="realtime_scoring"), cloud)
    cloud.enforce = True
    yield outputs()
    cloud.enforce = False


def doubtful(number: int) -> dict[str, Any]:
    return {
        "pk": KEY.format(number),
        "order": "1",
        "probability": 0.5,
        "decision": {"late": True},
        "doubts": ["the model is not sure: 0.500"],
        "review": "waiting",
        "inputs": {"distance": 1400},
        "latency_ms": 200,
    }


def waiting() -> list[str]:
    with looking() as questions:
        return sorted(question.key for question in questions)


def left(cloud: LocalCloud) -> list[str]:
    """What there is of the stack, whoever made it."""
    found = SimpleNamespace(
        functions=[item["FunctionName"] for item in cloud.client("lambda").list_functions()["Functions"]],
        mappings=[
            item["FunctionArn"] for item in cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ],
        tables=cloud.client("dynamodb").list_tables()["TableNames"],
        queues=cloud.client("sqs").list_queues().get("QueueUrls", []),
        streams=cloud.client("kinesis").list_streams()["StreamNames"],
        machines=[item["name"] for item in cloud.client("stepfunctions").list_state_machines()["stateMachines"]],
        groups=[item["logGroupName"] for item in cloud.client("logs").describe_log_groups()["logGroups"]],
        alarms=[item["AlarmName"] for item in cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]],
        rules=[item["Name"] for item in cloud.client("events").list_rules()["Rules"]],
    )
    every = [name for listed in vars(found).values() for name in listed]
    return [name for name in every if STACK in name or name.startswith("/aws/vendedlogs/")]


def test_records_questions_verdicts_and_an_end_that_leaves_nothing(cloud: LocalCloud, names: Outputs) -> None:
    dynamodb, kinesis = cloud.client("dynamodb"), cloud.client("kinesis")
    assert len(left(cloud)) > 30

    # a record is kept; one that is none is a dead letter
    event = january("flights")[0]
    data = [json.dumps(event).encode(), b'{"event_type": "depart']
    kinesis.put_records(
        StreamName=names.event_stream, Records=[{"Data": item, "PartitionKey": "one"} for item in data]
    )
    (dead,) = until(read, bool)
    assert (dead.consumer, dead.record) == ("keep_features", data[1])
    assert dead.reason.startswith("not JSON")
    items = [unpack(item) for item in dynamodb.scan(TableName=names.features_table)["Items"]]
    assert [item["row"]["opening"]["event_id"] for item in items] == [event["event_id"]]

    # doubtful scores are asked about, and the verdicts noted
    for number in range(3):
        dynamodb.put_item(TableName=names.scores_table, Item=pack(doubtful(number)))
    assert until(waiting, lambda found: len(found) == 3) == [KEY.format(number) for number in range(3)]
    verdicts = {KEY.format(0): Verdict.CONFIRMED, KEY.format(1): Verdict.OVERRULED}
    assert sorted(decide(verdicts, "me")) == sorted(verdicts)

    def score(number: int) -> dict[str, Any]:
        return unpack(dynamodb.get_item(TableName=names.scores_table, Key=pack({"pk": KEY.format(number)}))["Item"])

    for number, review, final in ((0, "confirmed", True), (1, "overruled", False)):
        found = until(lambda number=number: score(number), lambda told: "final" in told)  # type: ignore[misc]
        assert (found["review"], found["final"], found["verdict_by"]) == (review, final, "me")
    assert score(2)["review"] == "waiting"

    # one review still waits when the stack goes
    cloud.enforce = False
    formation = cloud.client("cloudformation")
    formation.delete_stack(StackName=STACK)
    formation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    assert left(cloud) == []
