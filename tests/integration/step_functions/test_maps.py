"""Choice, Parallel and Map states, inline and distributed."""

import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from tests.integration.inbox import until

One = Callable[..., dict[str, Any]]
PASS = {"Type": "Pass"}


def distributed(processor: dict[str, Any], **state: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return {"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, **processor}, **state}


def test_a_choice_without_a_match_fails_by_name(states: Any) -> None:
    rule = {"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Big"}
    machine = {
        "StartAt": "Size",
        "States": {"Size": {"Type": "Choice", "Choices": [rule]}, "Big": {"Type": "Succeed"}},
    }
    assert states.run(machine, {"n": 2}) == {"n": 2}
    error, _ = states.fail(machine, {"n": 1})
    assert error == "States.NoChoiceMatched"


def test_branches_run_with_one_input_each(states: Any, one: One) -> None:
    branches = [one({"Type": "Pass", "Result": number}) for number in range(3)]
    assert states.run(one({"Type": "Parallel", "Branches": branches})) == [0, 1, 2]


def test_a_failing_branch_fails_the_state(states: Any, one: One) -> None:
    fail = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Mine", "Cause": "why"}}}
    wait = one({"Type": "Wait", "Seconds": 1_000_000})
    assert states.fail(one({"Type": "Parallel", "Branches": [fail, wait]})) == ("Mine", "why")


def test_an_inline_map_keeps_the_order_of_many_items(states: Any, one: One) -> None:
    """More in one worker than Python calls deep."""
    items = list(range(1200))
    selector = {"item.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "of.$": "$.name"}
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": selector, "MaxConcurrency": 1}
    answer = states.run(one({**state, "ItemProcessor": one(PASS)}), {"items": items, "name": "n"})
    assert answer == [{"item": number, "at": number, "of": "n"} for number in items]


class TestDistributed:
    """Children are executions of their own."""

    def test_children_are_executions_of_a_map_run(self, states: Any, one: One) -> None:
        execution = states.start(states.machine(one(distributed(one(PASS), Label="lines"))), [1, 2, 3])
        assert json.loads(states.ended(execution)["output"]) == [1, 2, 3]
        (run,) = states.client.list_map_runs(executionArn=execution)["mapRuns"]
        told = states.client.describe_map_run(mapRunArn=run["mapRunArn"])
        assert told["status"] == "SUCCEEDED"
        assert told["itemCounts"]["succeeded"] == told["executionCounts"]["total"] == 3
        children = states.client.list_executions(mapRunArn=run["mapRunArn"])["executions"]
        assert {child["status"] for child in children} == {"SUCCEEDED"}
        child = states.client.describe_execution(executionArn=children[0]["executionArn"])
        assert child["mapRunArn"] == run["mapRunArn"]
        assert ":execution:machine-" in child["executionArn"]
        assert "/lines:" in child["executionArn"]
        with pytest.raises(ClientError, match="not running"):
            states.client.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=1)

    def test_batches_have_items_and_what_they_share(self, states: Any, one: One) -> None:
        batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"day.$": "$.day"}}
        state = distributed(one(PASS), ItemsPath="$.items", ItemBatcher=batcher)
        answer = states.run(one(state), {"items": [1, 2, 3], "day": "d"})
        assert answer == [
            {"BatchInput": {"day": "d"}, "Items": [1, 2]},
            {"BatchInput": {"day": "d"}, "Items": [3]},
        ]

    @pytest.mark.parametrize(
        ("tolerated", "status"),
        [
            ({}, "FAILED"),
            ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
            ({"ToleratedFailureCount": 1}, "SUCCEEDED"),
        ],
    )
    def test_failures_are_tolerated(self, states: Any, one: One, tolerated: dict[str, Any], status: str) -> None:
        rule = {"Variable": "$", "NumericEquals": 2, "Next": "No"}
        choice = {"Type": "Choice", "Choices": [rule], "Default": "Yes"}
        processor = {"StartAt": "C", "States": {"C": choice, "No": {"Type": "Fail"}, "Yes": {"Type": "Succeed"}}}
        machine = states.machine(one(distributed(processor, **tolerated)))
        told = states.ended(states.start(machine, [1, 2, 3]))
        assert told["status"] == status
        if status == "FAILED":
            assert told["error"] == "States.ExceedToleratedFailureThreshold"
        else:
            assert json.loads(told["output"]) == [1, 3]

    def test_express_children_are_in_no_list(self, states: Any, one: One) -> None:
        state = distributed(one(PASS))
        state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "EXPRESS"
        execution = states.start(states.machine(one(state)), [1])
        assert states.ended(execution)["output"] == "[1]"
        (run,) = states.client.list_map_runs(executionArn=execution)["mapRuns"]
        assert states.client.list_executions(mapRunArn=run["mapRunArn"])["executions"] == []

    def test_a_map_run_is_stopped_with_its_execution(self, states: Any, one: One) -> None:
        wait = {"Type": "Wait", "Seconds": 1_000_000}
        execution = states.start(states.machine(one(distributed(one(wait)))), [1, 2])
        runs = until(lambda: states.client.list_map_runs(executionArn=execution)["mapRuns"], bool)
        arn = runs[0]["mapRunArn"]
        until(lambda: states.client.list_executions(mapRunArn=arn)["executions"], lambda found: len(found) == 2)
        states.client.stop_execution(executionArn=execution)
        until(
            lambda: {child["status"] for child in states.client.list_executions(mapRunArn=arn)["executions"]},
            lambda found: found == {"ABORTED"},
        )
        assert states.client.describe_map_run(mapRunArn=arn)["status"] == "ABORTED"


@pytest.fixture(scope="module")
def bucket(states: Any) -> str:
    states.cloud.client("s3").create_bucket(Bucket="maps")
    return "maps"


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", None]}), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("body", "config", "items"),
    [
        (b"a,b\n1,2\n3\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
         [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]),
        (b"1|2\n", {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "y"], "CSVDelimiter": "PIPE"},
         [{"x": "1", "y": "2"}]),
        (b'[{"n": 1}, 2]', {"InputType": "JSON"}, [{"n": 1}, 2]),
        (b'{"deep": {"list": [7, 8]}}', {"InputType": "JSON", "ItemsPointer": "/deep/list"}, [7, 8]),
        (b'{"n": 1}\n\n{"n": 2}\n', {"InputType": "JSONL"}, [{"n": 1}, {"n": 2}]),
        (b"[1, 2, 3]", {"InputType": "JSON", "MaxItems": 2}, [1, 2]),
        (parquet(), {"InputType": "PARQUET"}, [{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
    ],
)  # fmt: skip
def test_items_of_an_object(states: Any, bucket: str, body: bytes, config: dict[str, Any], items: list[Any]) -> None:
    states.cloud.client("s3").put_object(Bucket=bucket, Key="items", Body=body)
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config,
        "Parameters": {"Bucket": bucket, "Key.$": "$.key"},
    }
    processor = {"StartAt": "Item", "States": {"Item": {**PASS, "End": True}}}
    machine = {"StartAt": "All", "States": {"All": {**distributed(processor, ItemReader=reader), "End": True}}}
    assert states.run(machine, {"key": "items"}) == items


def test_objects_of_a_bucket_are_items_and_results_are_written(states: Any, one: One, bucket: str) -> None:
    s3 = states.cloud.client("s3")
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"in/{number}", Body=b"x" * number)
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": bucket, "Prefix": "in/"},
    }
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "out"}}
    size = {"Type": "Pass", "Parameters": {"size.$": "$.Size"}}
    answer = states.run(one(distributed(one(size), ItemReader=reader, ResultWriter=writer)))
    details = answer["ResultWriterDetails"]
    manifest = json.loads(s3.get_object(**details)["Body"].read())
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    results = json.loads(s3.get_object(Bucket=bucket, Key=file["Key"])["Body"].read())
    assert [json.loads(result["Output"]) for result in results] == [{"size": 0}, {"size": 1}, {"size": 2}]
    assert {result["Status"] for result in results} == {"SUCCEEDED"}


def test_a_reader_of_nothing_fails_by_name(states: Any, one: One, bucket: str) -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "MANIFEST"},
        "Parameters": {"Bucket": bucket, "Key": "none"},
    }
    error, cause = states.fail(one(distributed(one(PASS), ItemReader=reader)))
    assert (error, cause) == ("States.ItemReaderFailed", "The specified key does not exist.")
    states.cloud.client("s3").put_object(Bucket=bucket, Key="none", Body=b"{}")
    _, cause = states.fail(one(distributed(one(PASS), ItemReader=reader)))
    assert "InputType MANIFEST is not implemented by the local cloud" in cause
