"""`mlref cost`: every type has its price, what is idle is cheap, and what the estimate assumes is so."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from cli.errors import UserError
from cli.sandbox.cost import cost
from costs import runs, traffic
from costs.estimate import Estimate, estimate
from costs.idle import idle
from costs.prices import CostError, Price, Quote, price_table
from costs.regions import REGIONS
from costs.report import README, insert, markdown
from costs.schedules import times_an_hour
from costs.templates import Resource, Stack
from datasets.flights.producer import replay
from settings import from_context

TABLE = price_table()
MONTH = 730


def estimated(assembly: Any, context: dict[str, str] | None = None, region: str = "us-east-1") -> Estimate:
    return estimate(assembly.folder, from_context(context or {}), TABLE, region)


def uses(found: Estimate, kind: str) -> list[Any]:
    return [use for item in found.items if item.type == kind for use in item.uses]


@pytest.mark.parametrize("which", ["everything", "otherwise"])
def test_every_type_of_every_stack_has_a_price_or_is_free(which: str, request: pytest.FixtureRequest) -> None:
    assembly = request.getfixturevalue(which)
    for region in REGIONS:
        found = estimated(assembly, region=region)
        assert len(found.items) == sum(len(template.resources) for template in assembly.templates)


def test_type_nobody_has_priced_is_an_error_that_names_it() -> None:
    cluster = Resource("Cluster0A1B2C3D", "AWS::Redshift::Cluster", {})
    with pytest.raises(CostError, match=r"AWS::Redshift::Cluster \(x/Cluster\)"):
        idle(cluster, Stack("x", (cluster,)), TABLE)


@pytest.mark.parametrize("region", REGIONS)
def test_default_settings_idle_below_the_aim(default: Any, region: str) -> None:
    found = estimated(default, region=region)
    kinds = Counter(item.type for item in found.items)
    expected = (
        MONTH * TABLE.usd("kinesis.shard_hour", region)
        + TABLE.usd("kms.key_month", region)
        + TABLE.usd("cloudwatch.alarm_month", region) * kinds["AWS::CloudWatch::Alarm"]
        + TABLE.usd("cloudwatch.dashboard_month", region) * kinds["AWS::CloudWatch::Dashboard"]
    )
    assert found.month == pytest.approx(
        expected, rel=0.01
    )  # a schedule that finds nothing to do costs next to nothing
    assert found.day <= 1.50


def test_endpoint_is_said_apart(default: Any) -> None:
    hour = TABLE.usd("sagemaker.ml.m5.large", "us-east-1")
    assert estimated(default).endpoint == hour
    assert estimated(default, {"endpoint": "off"}).endpoint == 0
    assert estimated(default, {"endpoint_instances": "2", "challenger_share": "0.1"}).endpoint == 4 * hour
    serverless = estimated(default, {"endpoint": "serverless", "endpoint_memory_mb": "3072"})
    assert serverless.endpoint == 0
    (predictions,) = [item for item, _ in serverless.activities if item.what == "1,000 predictions"]
    gb_seconds = {use.price: use.quantity for use in predictions.uses}["sagemaker.serverless_gb_second"]
    assert gb_seconds == pytest.approx(1000 * traffic.PREDICTION_SECONDS * 3)
    assert not [1 for item, _ in estimated(default, {"endpoint": "off"}).activities if "predictions" in item.what]


def test_instance_type_without_a_price_is_an_error_that_names_it(default: Any) -> None:
    with pytest.raises(CostError, match=r"sagemaker\.ml\.c5\.9xlarge"):
        estimated(default, {"endpoint_instance": "ml.c5.9xlarge"})


def test_what_starts_by_itself_is_not_idle(otherwise: Any, other_settings: dict[str, str]) -> None:
    """Nightly curation, weekly training with ten tuning jobs, a stream on demand."""
    found = estimated(otherwise, {**other_settings, "endpoint_instance": "ml.m5.large"})
    streams = {use.price for use in uses(found, "AWS::Kinesis::Stream")}  # of events, and of scores
    assert streams == {"kinesis.stream_hour"}
    nightly = uses(found, "AWS::Glue::Trigger")
    assert {use.price for use in nightly} == {"glue.crawler_dpu_hour", "glue.dpu_hour"}
    (job,) = [use for use in nightly if use.price == "glue.dpu_hour"]
    assert job.quantity == pytest.approx(10 * runs.GLUE_SECONDS / 3600 / 24)  # glue_workers, once a day
    weekly = [use for use in uses(found, "AWS::Scheduler::Schedule") if use.price == "sagemaker.ml.m5.2xlarge"]
    assert [use.quantity for use in weekly] == [pytest.approx(10 * runs.TRAINING_SECONDS / 3600 / (7 * 24))]


@pytest.mark.parametrize(("hours", "prices"), [(24, 1), (48, 2)])
def test_longer_retention_costs_shard_hours(hours: int, prices: int) -> None:
    stream = Resource("S", "AWS::Kinesis::Stream", {"ShardCount": 3, "RetentionPeriodHours": hours})
    found = idle(stream, Stack("x", (stream,)), TABLE)
    assert [use.quantity for use in found] == [3] * prices


@pytest.mark.parametrize(
    ("properties", "price", "number"),
    [
        ({"Period": 300}, "cloudwatch.alarm_month", 1),
        ({"Period": 10}, "cloudwatch.fast_alarm_month", 1),
        (
            {"Metrics": [{"MetricStat": {"Period": 60}}, {"MetricStat": {"Period": 60}}, {"Expression": "m1/m2"}]},
            "cloudwatch.alarm_month",
            2,
        ),
    ],
)
def test_alarms_are_billed_by_metric(properties: dict[str, Any], price: str, number: int) -> None:
    alarm = Resource("A", "AWS::CloudWatch::Alarm", properties)
    (use,) = idle(alarm, Stack("x", (alarm,)), TABLE)
    assert use.price == price
    assert use.quantity == pytest.approx(number / MONTH)


@pytest.mark.parametrize(("kind", "zones"), [("Interface", 2), ("Gateway", 0)])
def test_only_interface_endpoints_cost(kind: str, zones: int) -> None:
    endpoint = Resource("E", "AWS::EC2::VPCEndpoint", {"VpcEndpointType": kind, "SubnetIds": ["a", "b"]})
    assert sum(use.quantity for use in idle(endpoint, Stack("x", (endpoint,)), TABLE)) == zones


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("rate(7 days)", 1 / 168),
        ("rate(1 hour)", 1),
        ("cron(0 3 * * ? *)", 1 / 24),
        ("cron(0 * * * ? *)", 1),
        ("cron(0 1/12 * * ? *)", 2 / 24),
        ("cron(0 0/6 ? * * *)", 4 / 24),
    ],
)
def test_schedules(expression: str, times: float) -> None:
    assert times_an_hour(expression) == pytest.approx(times)


def test_schedule_that_is_not_understood_is_an_error() -> None:
    with pytest.raises(CostError, match="cron"):
        times_an_hour("cron(0 3 1 * ? *)")


def test_million_events_are_billed_as_the_services_round(default: Any) -> None:
    (activity,) = [item for item, _ in estimated(default).activities if item.what == "1,000,000 events, replayed"]
    quantity = {use.price: use.quantity for use in activity.uses}
    assert quantity["kinesis.put_unit"] == 1_000_000  # up to 25 KB is one
    assert quantity["firehose.ingested_gb"] == pytest.approx(1_000_000 * 5 * 1024 / 2**30)  # up to 5 KB is 5 KB
    assert quantity["firehose.converted_gb"] == quantity["firehose.ingested_gb"]


def test_pipeline_is_billed_by_its_steps(default: Any) -> None:
    found = estimated(default)
    (training,) = [item for item, _ in found.activities if item.what.endswith("pipeline mlref-training")]
    assert {use.note.partition(":")[0] for use in training.uses} == {"Preprocess", "Train", "Evaluate", "Baseline"}
    assert {use.price for use in training.uses} == {"sagemaker.ml.m5.xlarge"}


def test_assumed_events_are_those_of_the_data() -> None:
    by_day: Counter[str] = Counter()
    size = number = 0
    one_day = []
    for record in replay([1]):
        number += 1
        size += len(record.data)
        by_day[record.key[:10]] += 1
        if record.key.startswith("2013-01-15"):
            one_day.append(json.loads(record.data))
    assert size / number == pytest.approx(traffic.EVENT_BYTES, rel=0.05)
    assert number / 31 == pytest.approx(traffic.EVENTS_A_DAY, rel=0.05)
    lines = "".join(f"{json.dumps(event)}\n" for event in one_day).encode()
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(one_day), sink, compression="snappy")
    parquet = sink.getvalue().size
    assert parquet / len(lines) == pytest.approx(traffic.PARQUET_SHARE, abs=0.05)
    assert len(gzip.compress(lines)) / len(lines) == pytest.approx(traffic.BACKUP_SHARE, abs=0.05)
    assert parquet < 128 * 1024  # else S3 would move it into Intelligent-Tiering, for money


def test_verified_price_says_where_it_was_seen() -> None:
    with pytest.raises(ValueError, match="where it was seen"):
        Quote(usd=1)
    with pytest.raises(ValueError, match="where it was seen"):
        Quote(usd=1, seen="somewhere", verified=False)


def test_price_without_a_region_is_refused() -> None:
    row = {"service": "s", "usage_type": "u", "unit": "u", "page": "https://aws.amazon.com/s3/pricing/"}
    with pytest.raises(ValueError, match="no price in eu-west-1"):
        Price.model_validate({**row, "us-east-1": {"usd": 1, "seen": "here"}})


def test_unverified_prices_are_listed_in_the_documentation(repository: Path) -> None:
    text = (repository / "docs" / "cost.md").read_text("utf-8")
    for name, price in TABLE.prices.items():
        for region, quote in price.regions.items():
            row = f"| `{name}` | {region} | {quote.usd:.10f}".rstrip("0").rstrip(".")
            assert (row in text) == (not quote.verified), f"docs/cost.md and {name} in {region} disagree: {row}"


def test_readme_has_the_table_of_the_default_settings(default: Any) -> None:
    table = markdown(tuple(estimated(default, region=region) for region in REGIONS))
    text = README.read_text("utf-8")
    assert insert(text, table) == text, "run: mlref cost --write"


def test_table_needs_its_markers() -> None:
    with pytest.raises(ValueError, match="there is no"):
        insert("# README", "| a |")


@pytest.fixture
def command() -> typer.Typer:
    app = typer.Typer()
    app.command()(cost)
    return app


def test_command_answers_programs(command: typer.Typer, default: Any) -> None:
    result = CliRunner().invoke(command, ["--cdk-out", str(default.folder), "--json", "--region", "eu-west-1"])
    facts = json.loads(result.stdout)
    assert facts["idle"]["day"] == pytest.approx(estimated(default, region="eu-west-1").day)
    assert "firehose.partitioned_gb" in facts["unverified_prices"]
    assert {item["billed"] for item in facts["resources"]} >= {"by the hour", "by use", "free"}


def test_command_shows_people_the_same(command: typer.Typer, default: Any) -> None:
    result = CliRunner().invoke(
        command, ["--cdk-out", str(default.folder), "--region", "eu-west-1"], env={"COLUMNS": "140"}
    )
    assert f"{estimated(default, region='eu-west-1').month:.2f}" in result.stdout
    assert "firehose.partitioned_gb" in result.stdout  # not verified


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-c", "shards"], "name=value"),
        (["-c", "shard=2"], "did you mean 'shards'"),
        (["--region", "eu-north-1"], "the regions are us-east-1, eu-west-1"),
        (["--cdk-out", "nowhere"], "no cloud assembly"),
    ],
)
def test_command_says_what_it_cannot_use(
    command: typer.Typer, default: Any, arguments: list[str], sentence: str
) -> None:
    given = arguments if "--cdk-out" in arguments else [*arguments, "--cdk-out", str(default.folder)]
    result = CliRunner().invoke(command, given)
    assert isinstance(result.exception, UserError)
    assert sentence in str(result.exception)
