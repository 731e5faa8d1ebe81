"""RealtimeScoring: how the stream is consumed, what is kept, what a review does, who may what, what is alarmed."""

import json
import re
from typing import Any

import pytest

from contracts import load
from datasets.online import online_of
from settings import SettingsError, from_context

STACK = "RealtimeScoring"


@pytest.fixture
def scoring(everything: Any) -> Any:
    return everything[STACK]


@pytest.fixture
def other(otherwise: Any) -> Any:
    return otherwise[STACK]


def mapping(template: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = template.properties("AWS::Lambda::EventSourceMapping", name)
    return found


def machine(template: Any, flatten: Any) -> dict[str, Any]:
    text = template.properties("AWS::StepFunctions::StateMachine")["DefinitionString"]
    found: dict[str, Any] = json.loads(flatten(text))
    return found


def permissions(template: Any, role: str, flatten: Any) -> dict[str, set[str]]:
    """Actions by resource of a role."""
    found: dict[str, set[str]] = {}
    for statement in template.statements(role):
        actions, resources = statement["Action"], statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            found.setdefault(flatten(resource), set()).update([actions] if isinstance(actions, str) else actions)
    return found


# --- consumers


def test_both_consumers_read_the_stream_of_the_core_from_its_begin(scoring: Any, flatten: Any) -> None:
    for name in ("KeepSource", "ScoreSource"):
        found = mapping(scoring, name)
        assert flatten(found["EventSourceArn"]) == "<Events.Arn>"
        assert found["StartingPosition"] == "TRIM_HORIZON"
    assert flatten(mapping(scoring, "PublishSource")["EventSourceArn"]) == "<Scores.StreamArn>"


def test_a_failed_batch_goes_on_from_the_failed_record_and_ends_in_the_queue(scoring: Any, flatten: Any) -> None:
    for name in ("KeepSource", "ScoreSource", "PublishSource"):
        found = mapping(scoring, name)
        assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert found["BisectBatchOnFunctionError"] is True
        assert flatten(found["DestinationConfig"]["OnFailure"]["Destination"]) == "<DeadLetters.Arn>"
        assert found["MaximumRetryAttempts"] == -1
        # a late score is worth nothing; a late event counts, and a score is published however late
        assert found["MaximumRecordAgeInSeconds"] == (3600 if name == "ScoreSource" else -1)


def test_only_events_that_are_scored_reach_the_scorer(scoring: Any) -> None:
    def filters(name: str) -> list[Any]:
        return [
            json.loads(item["Pattern"])
            for item in mapping(scoring, name).get("FilterCriteria", {"Filters": []})["Filters"]
        ]

    assert filters("ScoreSource") == [{"data": {"event_type": [online_of("flights").SCORED]}}]
    assert filters("KeepSource") == []  # what is no JSON matches no filter, and would be lost unseen
    assert filters("PublishSource") == [{"eventName": ["INSERT", "MODIFY"]}]


def test_settings_are_those_of_the_mappings(other: Any) -> None:
    found = mapping(other, "ScoreSource")
    assert (found["BatchSize"], found["MaximumBatchingWindowInSeconds"]) == (50, 1)
    assert (found["ParallelizationFactor"], found["MaximumRetryAttempts"]) == (2, 20)
    assert found["MaximumRecordAgeInSeconds"] == 600
    variables = other.properties("AWS::Lambda::Function", "Score")["Environment"]["Variables"]
    assert {name: variables[name] for name in ("WAIT_MS", "REVIEW_MARGIN", "KEEP_DAYS")} == {
        "WAIT_MS": "500",
        "REVIEW_MARGIN": "0.05",
        "KEEP_DAYS": "7",
    }


def test_a_mapping_is_made_after_the_permissions_of_its_function(scoring: Any) -> None:
    """Lambda checks them when it is made, and policies of their own may not be there yet."""
    assert "AWS::IAM::Policy" not in {item["Type"] for item in scoring.resources.values()}
    for name, role in (("KeepSource", "KeepRole"), ("ScoreSource", "ScoreRole"), ("PublishSource", "PublishRole")):
        before = scoring.depends_on(scoring.logical_id("AWS::Lambda::EventSourceMapping", name))
        assert scoring.logical_id("AWS::IAM::Role", role) in before
        assert scoring.logical_id("AWS::SQS::Queue", "DeadLetters") in before


# --- what is kept


@pytest.mark.parametrize("name", ["Features", "Scores"])
def test_tables_are_billed_by_request_encrypted_restorable_and_forget(scoring: Any, flatten: Any, name: str) -> None:
    table = scoring.properties("AWS::DynamoDB::Table", name)
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert flatten(table["SSESpecification"]["KMSMasterKeyId"]) == "<Key.Arn>"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    keys = [item["AttributeName"] for item in table["KeySchema"]]
    assert keys == (["pk", "sk"] if name == "Features" else ["pk"])
    assert ("StreamSpecification" in table) == (name == "Scores")


def test_queues_are_encrypted_and_the_dead_are_kept_as_long_as_can_be(scoring: Any, flatten: Any) -> None:
    for name in ("DeadLetters", "ReviewQuestions"):
        assert flatten(scoring.properties("AWS::SQS::Queue", name)["KmsMasterKeyId"]) == "<Key.Arn>"
    assert scoring.properties("AWS::SQS::Queue", "DeadLetters")["MessageRetentionPeriod"] == 14 * 86_400


def test_only_reference_that_is_looked_up_is_indexed(scoring: Any) -> None:
    (rule,) = scoring.of("AWS::Events::Rule").values()
    prefixes = [item["prefix"] for item in rule["Properties"]["EventPattern"]["detail"]["object"]["key"]]
    contract = load("flights")
    assert prefixes == [f"{contract.table(name).location}/" for name in online_of("flights").REFERENCE]
    assert "reference/airlines/" not in prefixes


# --- reviews


def test_a_review_asks_waits_and_notes_the_verdict(scoring: Any, flatten: Any) -> None:
    states = machine(scoring, flatten)["States"]
    ask = states["Ask"]
    assert ask["Resource"] == "arn:<AWS::Partition>:states:::sqs:sendMessage.waitForTaskToken"
    assert ask["Parameters"]["MessageBody"]["token.$"] == "$$.Task.Token"
    assert ask["TimeoutSeconds"] == 24 * 3600
    assert ask["Catch"][-1] == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "NotReviewed"}
    told = {choice["And"][-1]["StringEquals"]: choice["Next"] for choice in states["Verdict"]["Choices"]}
    assert told == {"confirmed": "Confirm", "overruled": "Overrule"}
    assert states[states["Verdict"]["Default"]]["Type"] == "Fail"
    final = {
        name: states[name]["Parameters"]["ExpressionAttributeValues"][":final"] for name in ("Confirm", "Overrule")
    }
    assert final == {"Confirm": {"BOOL.$": "$.decision"}, "Overrule": {"BOOL.$": "$.opposite"}}
    assert states["NotReviewed"]["Next"] == "Tell"


def test_a_verdict_changes_only_the_score_that_was_asked_about(scoring: Any, flatten: Any) -> None:
    states = machine(scoring, flatten)["States"]
    for name in ("Confirm", "Overrule", "NotReviewed"):
        parameters = states[name]["Parameters"]
        assert parameters["ConditionExpression"] == "#order = :order"
        # a reserved word is refused when the state runs, and only then
        assert re.fullmatch(r"SET #\w+ = :\w+(, #\w+ = :\w+)*", parameters["UpdateExpression"])
        (replaced,) = states[name]["Catch"]
        assert states[replaced["Next"]]["Type"] == "Succeed"


def test_every_task_of_a_review_is_tried_again_when_its_service_is_busy(scoring: Any, flatten: Any) -> None:
    states = machine(scoring, flatten)["States"]
    tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}
    assert tasks.keys() == {"Ask", "Confirm", "Overrule", "NotReviewed", "Tell"}
    for name, state in tasks.items():
        (retry,) = state["Retry"]
        assert retry["MaxAttempts"] > 0, name
        assert "States.ALL" not in retry["ErrorEquals"], name  # a verdict that was refused is no service that is busy


def test_a_question_is_kept_as_long_as_somebody_waits(scoring: Any, other: Any, flatten: Any) -> None:
    for template, hours in ((scoring, 24), (other, 48)):
        questions = template.properties("AWS::SQS::Queue", "ReviewQuestions")
        assert questions["MessageRetentionPeriod"] == hours * 3600
        assert machine(template, flatten)["States"]["Ask"]["TimeoutSeconds"] == hours * 3600


def test_reviews_are_logged_into_an_encrypted_group_of_the_stack(scoring: Any, flatten: Any) -> None:
    logging = scoring.properties("AWS::StepFunctions::StateMachine")["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", True)
    (destination,) = logging["Destinations"]
    assert flatten(destination["CloudWatchLogsLogGroup"]["LogGroupArn"]) == "<ReviewLogs.Arn>"
    group = scoring.properties("AWS::Logs::LogGroup", "ReviewLogs")
    assert group["LogGroupName"] == "/aws/vendedlogs/states/mlref-reviews"


def test_reviews_that_wait_are_ended_before_their_machine_and_none_is_started_meanwhile(scoring: Any) -> None:
    """What is made later is deleted first."""
    (end,) = scoring.of("Custom::StopReviews")
    assert scoring.logical_id("AWS::StepFunctions::StateMachine") in scoring.depends_on(end)
    assert end in scoring.depends_on(scoring.logical_id("AWS::Lambda::EventSourceMapping", "PublishSource"))


# --- who may what


def test_functions_may_what_they_do_and_no_more(scoring: Any, flatten: Any) -> None:
    keep, score, publish, index = (
        permissions(scoring, f"{name}Role", flatten) for name in ("Keep", "Score", "Publish", "Index")
    )
    batch, write = "dynamodb:BatchGetItem", {f"dynamodb:{verb}Item" for verb in ("Put", "Update", "Delete")}
    assert keep["<Features.Arn>"] == {batch, *write}
    assert score["<Features.Arn>"] == {batch, "dynamodb:Query"}
    assert score["<Scores.Arn>"] == {"dynamodb:PutItem"}
    assert index["<Features.Arn>"] == {"dynamodb:BatchWriteItem"}
    assert publish["<ScoreStream.Arn>"] == {"kinesis:PutRecords"}
    assert publish["<ReviewMachine.Arn>"] == {"states:StartExecution"}
    assert "<Features.Arn>" not in publish
    assert "<Scores.Arn>" not in keep | publish | index
    assert permissions(scoring, "ReviewRole", flatten)["<Scores.Arn>"] == {"dynamodb:UpdateItem"}
    (endpoint,) = [name for name in score if ":endpoint/" in name]
    assert endpoint.endswith(":endpoint/mlref-flights")
    assert score[endpoint] == {"sagemaker:InvokeEndpoint", "sagemaker:DescribeEndpoint"}


def test_wildcards_are_what_has_no_arn_and_the_files_of_a_reference_table(scoring: Any, flatten: Any) -> None:
    found = {
        resource
        for key in scoring.of("AWS::IAM::Role")
        for resource in permissions(scoring, key, flatten)
        if "*" in resource
    }
    files = (f"<Lake.Arn>/reference/{name}/*" for name in online_of("flights").REFERENCE)
    executions = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<ReviewMachine.Name>:*"
    assert found == {"*", executions, *files}


# --- alarms and traces


def test_alarms_watch_every_way_to_fall_behind_or_to_fail(scoring: Any) -> None:
    watched = {
        (item["Properties"].get("Namespace"), item["Properties"].get("MetricName"))
        for item in scoring.of("AWS::CloudWatch::Alarm").values()
    }
    assert watched == {
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/Lambda", "IteratorAge"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/States", "ExecutionsFailed"),
        ("AWS/States", "ExecutionsTimedOut"),
        ("mlref/Scoring", "Latency"),
    }
    latency = scoring.properties("AWS::CloudWatch::Alarm", "Latency")
    assert (latency["ExtendedStatistic"], latency["Threshold"]) == ("p99", 5000)


def test_traces_are_drawn_unless_switched_off_and_by_a_layer_when_asked_for(
    scoring: Any, other: Any, synthesize: Any, tmp_path: Any
) -> None:
    off = synthesize(tmp_path, {"architectures": "realtime_scoring", "tracing": "off"})[STACK]
    for template, mode, layered in ((scoring, "Active", False), (other, "Active", True), (off, None, False)):
        for name in ("Keep", "Score", "Publish", "Index"):
            function = template.properties("AWS::Lambda::Function", name)
            assert function.get("TracingConfig", {}).get("Mode") == mode
            assert ("Layers" in function) == layered
            variables = function["Environment"]["Variables"]
            assert variables.get("AWS_LAMBDA_EXEC_WRAPPER") == ("/opt/otel-instrument" if layered else None)
        tracing = template.properties("AWS::StepFunctions::StateMachine")["TracingConfiguration"]
        assert tracing == {"Enabled": mode == "Active"}
    assert "xray:" in json.dumps(scoring.document)
    assert "xray:" not in json.dumps(off.document)


def test_a_dataset_without_online_module_is_one_sentence() -> None:
    with pytest.raises(SettingsError, match=r"there is no datasets/diagnoses/online\.py") as refused:
        from_context({"architectures": "realtime_scoring", "dataset": "diagnoses"})
    assert "\n" not in str(refused.value)
    assert from_context({"architectures": "realtime_scoring", "dataset": "payments"}).dataset == "payments"
    with pytest.raises(SettingsError, match="set endpoint=instance or endpoint=serverless"):
        from_context({"architectures": "realtime_scoring", "endpoint": "off"})
