"""`mlref doctor --aws` compares the account's quotas with what the settings need."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli import doctor
from cli.errors import UserError
from cli.sandbox.quotas import examine
from guards.quotas import OTHER_FUNCTIONS, Need, needs
from settings import from_context


@pytest.fixture
def client() -> Any:
    return boto3.client("service-quotas", region_name="us-east-1")


def quota(name: str, value: float, *, adjustable: bool = True) -> dict[str, Any]:
    return {
        "ServiceCode": "sagemaker",
        "QuotaCode": "L-12345678",
        "QuotaName": name,
        "Value": value,
        "Adjustable": adjustable,
    }


def answers(client: Any, defaults: list[dict[str, Any]], *pages: list[dict[str, Any]]) -> Stubber:
    stubber = Stubber(client)
    stubber.add_response("list_aws_default_service_quotas", {"Quotas": defaults}, {"ServiceCode": "sagemaker"})
    for number, page in enumerate(pages):
        asked = {"ServiceCode": "sagemaker"} | ({"NextToken": str(number)} if number else {})
        more = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
        stubber.add_response("list_service_quotas", {"Quotas": page, **more}, asked)
    return stubber


def need(name: str, number: int = 2) -> Need:
    return Need("sagemaker", name, number, "a test")


def test_too_small_quota_has_the_command_that_asks_for_more(client: Any) -> None:
    with answers(client, [quota("a", 0)], []):
        ((_, value, fix),) = examine(client, (need("a"),))
    assert value == "0"
    assert fix.endswith("--service-code sagemaker --quota-code L-12345678 --desired-value 2")


def test_what_the_account_was_granted_counts_on_every_page(client: Any) -> None:
    with answers(client, [quota("a", 0)], [quota("b", 9)], [quota("a", 4)]):
        found = {item.quota: (value, fix) for item, value, fix in examine(client, (need("a"), need("b")))}
    assert found == {"a": ("4", ""), "b": ("9", "")}


def test_quota_that_cannot_be_raised_says_so(client: Any) -> None:
    with answers(client, [quota("a", 1, adjustable=False)], []):
        ((_, _, fix),) = examine(client, (need("a"),))
    assert "cannot be raised" in fix


def test_unlisted_quota_is_unknown(client: Any) -> None:
    with answers(client, [], []):
        ((_, value, fix),) = examine(client, (need("a"),))
    assert (value, fix) == ("unknown", "")


def test_refusal_is_one_sentence(client: Any) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("list_aws_default_service_quotas", "AccessDeniedException")
        with pytest.raises(UserError, match="Service Quotas does not answer for sagemaker"):
            list(examine(client, (need("a"),)))


def test_needs_follow_the_settings() -> None:
    usual = {item.quota: item.number for item in needs(from_context({}))}
    assert usual["ml.m5.large for endpoint usage"] == 2  # blue and green
    assert usual["ml.m5.xlarge for training job usage"] == 1
    assert "VPCs per Region" not in usual
    other = {
        item.quota: item.number
        for item in needs(
            from_context(
                {
                    "shards": "30",
                    "training_spot": "true",
                    "training_instance": "ml.m5.2xlarge",
                    "endpoint": "off",
                    "glue_workers": "10",
                    "network": "isolated",
                }
            )
        )
    }
    assert other["Shards per Region"] == 30
    assert other["Concurrent executions"] > 30
    assert other["ml.m5.2xlarge for spot training job usage"] == 1
    assert other["Max task DPUs per account"] == 10
    assert other["VPCs per Region"] == 1
    assert not [name for name in other if "endpoint" in name]


def test_doctor_shows_quotas_and_fails_on_one_too_small(monkeypatch: pytest.MonkeyPatch, client: Any) -> None:
    def unanswered(operation: str) -> Any:
        name = "ml.m5.large for endpoint usage"

        class Pages:
            def paginate(self, ServiceCode: str) -> list[dict[str, Any]]:  # noqa: N803 - of the API
                return [{"Quotas": [quota(name, 1)] if ServiceCode == "sagemaker" else []}]

        return Pages()

    monkeypatch.setattr(client, "get_paginator", unanswered)
    monkeypatch.setattr(boto3, "client", lambda _: client)
    findings = {finding.what: finding for finding in doctor._quotas(doctor._wanted([]))}
    endpoint = findings["quota: ml.m5.large for endpoint usage"]
    assert (endpoint.found, endpoint.required) == ("1, needed 2", True)
    assert endpoint.fix
    assert not findings["quota: Shards per Region"].fix  # unknown is no failure


def test_scoring_needs_two_consumers_of_each_shard_and_a_stream_more() -> None:
    asked = {"architectures": "realtime_scoring", "shards": "2", "score_parallel": "3"}
    found = [need.number for need in needs(from_context(asked)) if need.quota == "Concurrent executions"]
    assert max(found) == 2 * (1 + 2 * 3) + 1 + OTHER_FUNCTIONS
    shards = [need.number for need in needs(from_context(asked)) if need.quota == "Shards per Region"]
    assert max(shards) == 4
