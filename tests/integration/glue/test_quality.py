"""Every DQDL rule type on real rows, and the data-quality API."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.glue.lake import DATABASE, Lake, wait_for
from tests.integration.glue.rules import COLUMNS, OUTCOMES

JOB = """
import sys
from awsglue.context import GlueContext
from awsgluedq.transforms import EvaluateDataQuality
from pyspark.context import SparkContext

context = GlueContext(SparkContext.getOrCreate())
frame = context.create_dynamic_frame.from_catalog(database="lake", table_name="flights")
outcomes = EvaluateDataQuality.apply(
    frame=frame,
    ruleset='''RULESET''',
    publishing_options={"dataQualityEvaluationContext": "gate", "enableDataQualityCloudWatchMetrics": True},
)
assert outcomes.toDF().columns == ["Rule", "Outcome", "FailureReason", "EvaluatedMetrics"]
"""
TYPES = {"id": "bigint", "flight": "bigint", "delay": "double"}


@pytest.fixture
def flights(lake: Lake) -> Lake:
    lake.put_parquet("flights/part.parquet", COLUMNS)
    lake.table("flights", {name: TYPES.get(name, "string") for name in COLUMNS})
    return lake


def ruleset(*rules: str) -> str:
    return "Rules = [\n" + ",\n".join(rules) + "\n]"


def evaluate(lake: Lake, *names: str, table: str = "flights") -> dict[str, Any]:
    """An evaluation run that has ended."""
    run_id = lake.glue.start_data_quality_ruleset_evaluation_run(
        DataSource={"GlueTable": {"DatabaseName": DATABASE, "TableName": table}},
        Role="arn:aws:iam::123456789012:role/glue",
        RulesetNames=list(names),
    )["RunId"]
    ends = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"}
    return wait_for(lambda: lake.glue.get_data_quality_ruleset_evaluation_run(RunId=run_id), "Status", ends)


def test_each_rule_has_the_outcome_of_the_reference(flights: Lake) -> None:
    flights.glue.create_data_quality_ruleset(Name="all", Ruleset=ruleset(*OUTCOMES))
    run = evaluate(flights, "all")
    assert run["Status"] == "SUCCEEDED", run.get("ErrorString")
    (result_id,) = run["ResultIds"]
    result = flights.glue.get_data_quality_result(ResultId=result_id)
    found = {rule["EvaluatedRule"]: rule["Result"] == "PASS" for rule in result["RuleResults"]}
    assert found == OUTCOMES
    assert result["Score"] == pytest.approx(sum(OUTCOMES.values()) / len(OUTCOMES))
    assert result["RulesetName"] == "all"
    assert result["RulesetEvaluationRunId"] == run["RunId"]
    messages = {rule["EvaluatedRule"]: rule.get("EvaluationMessage") for rule in result["RuleResults"]}
    assert messages['ColumnValues "delay" > -10'] == "Value: NULL does not meet the constraint requirement!"
    assert messages["RowCount > 5"] == "Value: 5.0 does not meet the constraint requirement!"
    metrics = {rule["EvaluatedRule"]: rule["EvaluatedMetrics"] for rule in result["RuleResults"]}
    assert metrics['IsComplete "carrier"'] == {"Column.carrier.Completeness": 0.8}
    assert metrics['IsPrimaryKey "flight" "day"'] == {
        "Multicolumn.flight,day.Uniqueness": 1.0,
        "Column.flight.Completeness": 1.0,
        "Column.day.Completeness": 1.0,
    }


def test_no_rows_fail_what_is_measured_on_rows(lake: Lake) -> None:
    lake.table("flights", {"id": "bigint"})
    lake.glue.create_data_quality_ruleset(Name="some", Ruleset=ruleset('IsComplete "id"', "RowCount = 0"))
    run = evaluate(lake, "some")
    results = lake.glue.get_data_quality_result(ResultId=run["ResultIds"][0])["RuleResults"]
    assert [rule["Result"] for rule in results] == ["FAIL", "PASS"]


def test_a_job_publishes_result_and_metrics(flights: Lake) -> None:
    flights.run(JOB.replace("RULESET", ruleset('IsComplete "id"', 'IsUnique "flight"')))
    (listed,) = flights.glue.list_data_quality_results(Filter={"JobName": "job"})["Results"]
    result = flights.glue.get_data_quality_result(ResultId=listed["ResultId"])
    assert result["EvaluationContext"] == "gate"
    assert result["JobRunId"] == listed["JobRunId"]
    assert result["Score"] == 0.5
    assert flights.glue.list_data_quality_results(Filter={"JobName": "other"})["Results"] == []
    answer = flights.glue.batch_get_data_quality_result(ResultIds=[listed["ResultId"], "no"])
    assert [item["ResultId"] for item in answer["Results"]] == [listed["ResultId"]]
    assert answer["ResultsNotFound"] == ["no"]
    metrics = flights.cloud.client("cloudwatch").list_metrics(Namespace="Glue Data Quality")["Metrics"]
    assert {metric["MetricName"] for metric in metrics} == {
        "glue.data.quality.rules.passed",
        "glue.data.quality.rules.failed",
    }


def test_rulesets_are_kept_changed_and_deleted(lake: Lake) -> None:
    glue = lake.glue
    glue.create_data_quality_ruleset(
        Name="gate",
        Description="first",
        Ruleset=ruleset("RowCount > 0"),
        TargetTable={"DatabaseName": DATABASE, "TableName": "flights"},
        Tags={"a": "b"},
    )
    found = glue.get_data_quality_ruleset(Name="gate")
    assert found["Ruleset"] == ruleset("RowCount > 0")
    assert found["TargetTable"] == {"DatabaseName": DATABASE, "TableName": "flights"}
    arn = "arn:aws:glue:us-east-1:123456789012:dataQualityRuleset/gate"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
    with pytest.raises(glue.exceptions.AlreadyExistsException):
        glue.create_data_quality_ruleset(Name="gate", Ruleset=ruleset("RowCount > 0"))
    glue.update_data_quality_ruleset(Name="gate", Ruleset=ruleset("RowCount > 0", 'IsComplete "id"'))
    (listed,) = glue.list_data_quality_rulesets()["Rulesets"]
    assert (listed["RuleCount"], listed["Description"]) == (2, "first")
    glue.delete_data_quality_ruleset(Name="gate")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_data_quality_ruleset(Name="gate")


@pytest.mark.parametrize(
    ("rule", "code", "told"),
    [
        ('ReferentialIntegrity "a" "b.a" = 1.0', "NotImplemented", "ReferentialIntegrity"),
        ('IsRound "a"', "InvalidInputException", "IsRound"),
        ('IsComplete "a', "InvalidInputException", "line"),
        ("RowCount > avg(last(3))", "NotImplemented", "avg"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_is_refused_by_name(lake: Lake, rule: str, code: str, told: str) -> None:
    with pytest.raises(ClientError) as refused:
        lake.glue.create_data_quality_ruleset(Name="bad", Ruleset=ruleset(rule))
    assert refused.value.response["Error"]["Code"] == code
    assert told in refused.value.response["Error"]["Message"]
    assert lake.glue.list_data_quality_rulesets()["Rulesets"] == []


def test_a_run_can_be_cancelled(flights: Lake) -> None:
    flights.glue.create_data_quality_ruleset(Name="one", Ruleset=ruleset("RowCount > 0"))
    source = {"GlueTable": {"DatabaseName": DATABASE, "TableName": "flights"}}
    run_id = flights.glue.start_data_quality_ruleset_evaluation_run(DataSource=source, Role="r", RulesetNames=["one"])
    flights.glue.cancel_data_quality_ruleset_evaluation_run(RunId=run_id["RunId"])
    read = lambda: flights.glue.get_data_quality_ruleset_evaluation_run(RunId=run_id["RunId"])  # noqa: E731
    assert wait_for(read, "Status", {"STOPPED", "SUCCEEDED"})["Status"] == "STOPPED"
    (listed,) = flights.glue.list_data_quality_ruleset_evaluation_runs()["Runs"]
    assert listed["DataSource"] == source
