"""Settings: what is accepted, and that a refusal is one sentence that names the setting."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from settings import Settings, SettingsError, from_context

SERVERLESS = {"endpoint": "serverless"}
KEEP = {"keep_data": "true", "removal_policy": "retain"}


def test_defaults_are_a_sandbox_that_leaves_nothing_and_is_cheapest_when_idle() -> None:
    settings = from_context({})
    assert (settings.keep_data, settings.removal_policy) == (False, "destroy")
    assert (settings.stream_mode, settings.retention_hours) == ("provisioned", 24)
    assert settings.nightly_hour_utc is None
    assert (settings.account, settings.region, settings.budget_usd) == (None, None, None)


def test_every_setting_is_described_and_has_a_default() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert not field.is_required(), name


def test_endpoint_that_is_serverless_or_off_needs_nothing_else() -> None:
    serverless = from_context({**SERVERLESS, "endpoint_memory_mb": "6144", "endpoint_concurrency": "200"})
    assert (serverless.endpoint_memory_mb, serverless.endpoint_concurrency) == (6144, 200)
    assert from_context(SERVERLESS).endpoint_memory_mb is None
    assert from_context({"endpoint": "off", "endpoint_instances": "2"}).endpoint == "off"  # waits to be switched on


@pytest.mark.parametrize("context", [SERVERLESS, {"endpoint": "off"}, {"capture_percent": "0"}])
def test_nothing_is_monitored_where_nothing_is_captured(context: dict[str, str]) -> None:
    assert from_context({}).monitoring == "processing"
    assert from_context(context).monitoring == "off"
    assert from_context({**context, "monitoring": "off"}).monitoring == "off"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        from_context({}).prefix = "other"  # type: ignore[misc]


def test_strings_of_the_command_line_become_values() -> None:
    settings = from_context({"shards": "3", "quality_gate": "false", "transform_buffer_mib": "0.5", **KEEP})
    assert (settings.shards, settings.quality_gate, settings.transform_buffer_mib) == (3, False, 0.5)
    assert settings.keep_data is True


def test_empty_means_not_given() -> None:
    assert from_context({"alarm_email": "", "budget_usd": ""}).alarm_email is None


def test_context_of_cdk_itself_is_not_ours() -> None:
    context = {
        "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
        "aws:cdk:enable-path-metadata": True,
        "availability-zones:account=1:region=eu-west-1": ["eu-west-1a"],
        "cli-telemetry": False,
    }
    assert from_context(context) == from_context({})


BOUNDS = [  # setting, lowest, highest: AWS's own limits
    ("retention_hours", 24, 8760),
    ("buffer_mib", 64, 128),
    ("buffer_seconds", 60, 900),
    ("transform_buffer_mib", 0.2, 3),
    ("transform_memory_mb", 128, 10240),
    ("transform_timeout_seconds", 1, 300),
    ("transform_retries", 0, 300),
    ("glue_workers", 2, 299),
    ("glue_timeout_minutes", 1, 10080),
    ("athena_cutoff_bytes", 10_000_000, 7_000_000_000_000_000),
    ("nightly_hour_utc", 0, 23),
    ("shards", 1, 1000),
    ("minimum_auc", 0.5, 0.85),
    ("train_every_days", 1, 365),
    ("endpoint_instances", 1, 100),
    ("endpoint_max_instances", 1, 100),
    ("endpoint_requests_per_minute", 1, 1_000_000),
    ("challenger_share", 0.0, 0.9),
    ("capture_percent", 0, 100),
    ("canary_percent", 1, 50),
    ("canary_minutes", 5, 60),
    ("endpoint_latency_ms", 1, 60_000),
    ("monitor_every_hours", 1, 168),
    ("truth_delay_hours", 0, 720),
    ("retrain_cooldown_hours", 1, 720),
    ("train_window_days", 28, 3650),
    ("score_batch", 1, 1000),
    ("score_window_seconds", 0, 60),
    ("score_parallel", 1, 10),
    ("score_retries", -1, 10_000),
    ("score_max_age_seconds", 60, 604_800),
    ("score_wait_ms", 0, 10_000),
    ("score_latency_ms", 100, 300_000),
    ("score_keep_days", 1, 365),
    ("review_margin", 0.0, 0.5),
    ("review_hours", 1, 336),
]


@pytest.mark.parametrize(("name", "lowest", "highest"), BOUNDS)
def test_bounds(name: str, lowest: float, highest: float) -> None:
    for value in (lowest, highest):
        assert getattr(from_context({name: str(value)}), name) == value
    step = 0.1 if isinstance(lowest, float) else 1
    for value in (lowest - step, highest + step):
        with pytest.raises(SettingsError, match=rf"Setting {name}={value}"):
            from_context({name: str(value)})


WRONG = [  # context, the setting the sentence names, the fix in it
    ({"prefix": "MLREF"}, "prefix", "the default is mlref"),
    ({"prefix": "a" * 21}, "prefix", "lower-case letter"),
    ({"database": "my-lake"}, "database", "the default is mlref_lake"),
    ({"account": "1234"}, "account", "AWS account"),
    ({"region": "Europe"}, "region", "AWS region"),
    ({"account": "111122223333"}, "region", "set region too"),
    ({"region": "eu-west-9"}, "region", "choose one of af-south-1"),
    ({"region": "ca-west-1", "monitoring": "model_monitor"}, "region", "model-monitor"),
    ({"zones": "us-east-1a,us-east-1b"}, "zones", "set network=isolated"),
    ({"network": "isolated", "zones": "us-east-1a"}, "zones", "such as us-east-1b,us-east-1d"),
    ({"network": "isolated", "zones": "us-east-1a,us-east-1a"}, "zones", "us-east-1a,us-east-1b"),
    ({"network": "isolated", "zones": "us-east-1a,us-east-2b"}, "zones", "not of one region"),
    ({"network": "isolated", "region": "eu-west-1", "zones": "us-east-1a,us-east-1b"}, "zones", "eu-west-1"),
    ({"network": "isolated", "zones": "us-west-2-lax-1a,us-west-2-lax-1b"}, "zones", "such as us-east-1b"),
    ({"stream_mode": "on-demand"}, "stream_mode", "'provisioned' or 'on_demand'"),
    ({"stream_mode": "on_demand", "shards": "2"}, "shards", "stream_mode=provisioned"),
    ({"keep_data": "true"}, "keep_data", "removal_policy=retain"),
    ({"removal_policy": "retain"}, "removal_policy", "keep_data=true"),
    ({"keep_data": "maybe"}, "keep_data", "valid boolean"),
    ({"log_retention_days": "31"}, "log_retention_days", "one of 1, 3, 5"),
    ({"alarm_email": "somebody"}, "alarm_email", "Who gets alarms"),
    ({"budget_usd": "10"}, "budget_usd", "set alarm_email"),
    ({"budget_usd": "-1", "alarm_email": "a@b.cd"}, "budget_usd", "greater than 0"),
    ({"glue_workers": "two"}, "glue_workers", "valid integer"),
    ({"glue_worker": "2"}, "glue_worker", "'glue_workers'"),
    ({"training_instance": "m5.xlarge"}, "training_instance", "the default is ml.m5.xlarge"),
    ({"processing_instance": "ml.m5"}, "processing_instance", "Instance type"),
    ({"minimum_gain": "-0.1"}, "minimum_gain", "greater than or equal to 0"),
    ({"monitoring": "evidently"}, "monitoring", "the default is processing"),
    ({"monitoring": "processing", "endpoint": "off"}, "monitoring", "endpoint=instance"),
    ({"monitoring": "processing", **SERVERLESS}, "monitoring", "remove it"),
    ({"monitoring": "model_monitor", "capture_percent": "0"}, "monitoring", "capture_percent above 0"),
    ({"monitoring": "model_monitor", "monitor_every_hours": "25"}, "monitor_every_hours", "at most 24"),
    ({"monitor_instance": "ml.r5d.large"}, "monitor_instance", "without a local disk"),
    ({"monitor_instance": "ml.t2.medium"}, "monitor_instance", "one of t3"),
    ({"endpoint": "none"}, "endpoint", "'instance', 'serverless' or 'off'"),
    ({"endpoint_instance": "ml.m5d.large"}, "endpoint_instance", "without a local disk"),
    ({"endpoint_instance": "ml.g5.xlarge"}, "endpoint_instance", "without a local disk"),
    ({"endpoint_instance": "ml.c7g.large"}, "endpoint_instance", "x86"),
    ({"endpoint_instance": "ml.m5"}, "endpoint_instance", "the default is ml.m5.large"),
    ({"endpoint_instances": "3", "endpoint_max_instances": "2"}, "endpoint_max_instances", "raise it"),
    ({"endpoint_instance": "ml.t2.medium", "endpoint_max_instances": "2"}, "endpoint_max_instances", "burstable"),
    ({"endpoint_memory_mb": "2048"}, "endpoint_memory_mb", "endpoint=serverless"),
    ({"endpoint": "off", "endpoint_concurrency": "2"}, "endpoint_concurrency", "endpoint=serverless"),
    ({**SERVERLESS, "endpoint_memory_mb": "1500"}, "endpoint_memory_mb", "multiple of 1024"),
    ({**SERVERLESS, "endpoint_memory_mb": "7168"}, "endpoint_memory_mb", "less than or equal to 6144"),
    ({**SERVERLESS, "endpoint_concurrency": "201"}, "endpoint_concurrency", "less than or equal to 200"),
    *(
        ({**SERVERLESS, name: value}, name, "endpoint=instance")
        for name, value in {
            "endpoint_instance": "ml.c5.large",
            "endpoint_instances": "2",
            "endpoint_max_instances": "2",
            "endpoint_requests_per_minute": "10",
            "challenger_share": "0.1",
            "capture_percent": "50",
            "canary_percent": "20",
            "canary_minutes": "5",
        }.items()
    ),
    ({"network": "vpc"}, "network", "'aws' or 'isolated'"),
    ({"network": "isolated", **SERVERLESS}, "network", "endpoint=instance"),
    ({"colour": "red"}, "colour", "settings are prefix"),
]


@pytest.mark.parametrize(("context", "name", "fix"), WRONG, ids=lambda value: str(value)[:40])
def test_refusal_is_one_sentence_with_the_setting_and_the_fix(context: dict[str, Any], name: str, fix: str) -> None:
    with pytest.raises(SettingsError) as refused:
        from_context(context)
    sentence = str(refused.value)
    assert name in sentence
    assert fix in sentence
    assert_one_sentence(sentence)


def assert_one_sentence(sentence: str) -> None:
    assert "\n" not in sentence
    assert sentence[-1] in ".?"
    assert sentence[0].isupper()
    assert "pydantic" not in sentence


JUNK = st.one_of(st.text(max_size=80), st.integers(), st.floats(), st.booleans(), st.lists(st.integers(), max_size=3))


def outcome(context: dict[str, Any]) -> Settings | str:
    """The settings, or the sentence that refuses them; any other exception is a failure."""
    try:
        return from_context(context)
    except SettingsError as refused:
        return str(refused)


@given(st.sampled_from(sorted(Settings.model_fields)), JUNK)
def test_any_value_is_taken_or_refused_in_one_sentence(name: str, value: Any) -> None:
    result = outcome({name: value})
    if isinstance(result, str):
        assert name in result
        assert_one_sentence(result)
    else:
        assert from_context(result.model_dump(exclude_none=True)) == result


@given(st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), JUNK, max_size=4))
def test_any_combination_is_taken_or_refused_in_one_sentence(context: dict[str, Any]) -> None:
    result = outcome(context)
    if isinstance(result, str):
        assert_one_sentence(result)


@given(st.from_regex(r"[A-Za-z_]\w{0,30}", fullmatch=True).filter(lambda name: name not in Settings.model_fields))
def test_any_unknown_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match="There is no setting") as refused:
        from_context({name: "1"})
    assert repr(name) in str(refused.value)
    assert_one_sentence(str(refused.value))


def test_tags_become_a_mapping_with_the_project() -> None:
    assert from_context({}).all_tags == {"project": "mlref"}
    settings = from_context({"tags": "owner=Jo Doe,cost-center=42", "prefix": "mine"})
    assert settings.all_tags == {"project": "mine", "owner": "Jo Doe", "cost-center": "42"}


@pytest.mark.parametrize(
    "tags", ["owner", "=me", "owner=", "a=1,,b=2", "project=x", "aws:owner=x", "a=1,a=2", "a=1;b"]
)
def test_tags_that_cannot_be_used_are_refused(tags: str) -> None:
    with pytest.raises(SettingsError, match="Setting tags="):
        from_context({"tags": tags})


@pytest.mark.parametrize("name", ["arn:aws:iam::123456789012:policy/x", "a b", "x" * 129])
def test_boundary_is_a_name(name: str) -> None:
    with pytest.raises(SettingsError, match="Setting permissions_boundary="):
        from_context({"permissions_boundary": name})
