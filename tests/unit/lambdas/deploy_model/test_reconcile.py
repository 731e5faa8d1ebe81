"""What is deployed, and what is not: from events to requests."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.lambdas.deploy_model.account import Account
from tests.unit.lambdas.deploy_model.conftest import Function

Served = Callable[[], list[int]]


def test_nothing_is_made_before_a_version_is_approved(function: Function, account: Account) -> None:
    account.register(1, "PendingManualApproval")
    function()
    assert account.calls == []
    assert function.stack("Create")["Status"] == "SUCCESS"
    assert account.endpoint is None


def test_approved_version_is_served(function: Function, account: Account, served: Served) -> None:
    account.register(1, "PendingManualApproval")
    function(account.decide(1, "Approved"))
    assert account.names() == ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
    account.finish()
    function()
    assert served() == [1]
    assert account.note(1) == f"served: {account.endpoint['EndpointConfigName']}"  # type: ignore[index]


def test_the_same_event_again_does_nothing(function: Function, account: Account, served: Served) -> None:
    account.register(1)
    event = account.decide(1, "Approved")
    function(event)
    function(event)
    assert account.names() == [], "the endpoint is being created"
    account.finish()
    function(event)
    function(event)
    assert not set(account.names()) - {"PutObject"}, "only the baselines are written again"
    assert served() == [1]


def test_newer_version_takes_over_by_an_update(function: Function, account: Account, served: Served) -> None:
    function.deploy(1)
    account.register(2)
    function()
    assert account.names("CreateEndpoint", "UpdateEndpoint") == ["UpdateEndpoint"]
    account.finish()
    function()
    assert served() == [2]


def test_older_version_approved_late_does_not_replace_a_newer_one(
    function: Function, account: Account, served: Served
) -> None:
    account.register(1, "PendingManualApproval")
    function.deploy(2)
    function(account.decide(1, "Approved"))
    assert account.names("UpdateEndpoint") == []
    assert served() == [2]


def test_version_approved_during_a_deployment_follows_it(
    function: Function, account: Account, served: Served
) -> None:
    account.register(1)
    function()
    account.register(2)
    function(account.decide(2, "Approved"))
    assert account.names() == []
    account.finish()
    function()
    assert account.names("UpdateEndpoint") == ["UpdateEndpoint"]
    account.finish()
    function()
    assert served() == [2]


def test_another_call_may_be_faster(function: Function, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two events at once: both see an endpoint in service, the second is refused the update."""
    function.deploy(1)
    account.register(2)
    update = account.update_endpoint

    def twice(**request: Any) -> None:
        update(**request)
        update(**request)

    monkeypatch.setattr(account, "update_endpoint", twice)
    function()
    account.finish()
    function()
    assert account.note(2).startswith("served: ") or not account.note(2)


def test_refused_request_is_an_error_of_the_function(
    function: Function, account: Account, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    """So that Lambda repeats it and the alarm tells; the approval is not lost."""
    function.deploy(1)
    account.register(2)
    with monkeypatch.context() as broken:
        broken.setattr(account, "update_endpoint", refuse)
        with pytest.raises(ClientError, match="no instances left"):
            function()
    function()
    account.finish()
    function()
    assert served() == [2]


def refuse(**_: Any) -> None:
    raise ClientError({"Error": {"Code": "ResourceLimitExceeded", "Message": "no instances left"}}, "UpdateEndpoint")


# --- rollback


def test_version_that_was_rolled_back_is_not_tried_again(
    function: Function, account: Account, served: Served
) -> None:
    function.deploy(1)
    function.deploy(2, good=False)
    assert served() == [1]
    assert account.note(2).startswith("failed: mlref-flights-v2-")
    for _ in range(3):
        function()
        assert account.names("UpdateEndpoint") == []


def test_newer_version_is_tried_after_a_rollback(function: Function, account: Account, served: Served) -> None:
    function.deploy(1)
    function.deploy(2, good=False)
    function.deploy(3)
    assert served() == [3]
    function(account.decide(3, "Rejected"))
    assert account.pending is not None
    account.finish()
    function()
    assert served() == [1], "2 was rolled back, 1 is the newest good one"


def test_version_decided_upon_again_has_a_new_chance(function: Function, account: Account, served: Served) -> None:
    function.deploy(1)
    function.deploy(2, good=False)
    function(account.decide(2, "Rejected"))
    assert account.note(2) == ""
    function(account.decide(2, "Approved"))
    account.finish()
    function()
    assert served() == [2]


def test_new_settings_are_a_new_chance_too(function: Function, account: Account, served: Served) -> None:
    function.deploy(1)
    function.deploy(2, good=False)
    function.settings(instance_type="ml.m5.xlarge")
    function.stack("Update")
    account.finish()
    function()
    assert served() == [2]


def test_settings_that_cannot_be_deployed_leave_the_version_in_service(
    function: Function, account: Account, served: Served
) -> None:
    """And do not make an older version of it."""
    function.deploy(1)
    function.deploy(2)
    function.settings(instance_type="ml.m5.xlarge")
    function.stack("Update")
    account.finish(good=False)
    for _ in range(2):
        function()
        assert account.names("UpdateEndpoint") == []
    assert served() == [2]


def test_endpoint_that_could_not_be_created_makes_room_for_the_next(
    function: Function, account: Account, served: Served
) -> None:
    function.deploy(1, good=False)
    assert account.endpoint is not None
    assert account.endpoint["EndpointStatus"] == "Failed"
    function()
    assert account.names() == []
    account.register(2)
    function()
    assert account.names("DeleteEndpoint", "CreateEndpoint") == ["DeleteEndpoint", "CreateEndpoint"]
    account.finish()
    function()
    assert served() == [2]


def test_rollback_alarms_are_there_during_deployments_only(function: Function, account: Account) -> None:
    function.deploy(1)
    assert account.alarms == {}, "there is nothing to go back to"
    account.register(2)
    function()
    assert len(account.alarms) == 2
    account.finish()
    function()
    assert account.alarms == {}


# --- rejection


def test_rejected_version_in_service_gives_way_to_the_one_before(
    function: Function, account: Account, served: Served
) -> None:
    function.deploy(1)
    function.deploy(2)
    function(account.decide(2, "Rejected"))
    account.finish()
    function()
    assert served() == [1]


def test_rejection_of_the_only_version_is_no_outage(function: Function, account: Account, served: Served) -> None:
    function.deploy(1)
    function(account.decide(1, "Rejected"))
    assert account.names("UpdateEndpoint", "DeleteEndpoint") == []
    assert served() == [1]


def test_rejection_of_a_version_that_is_not_served_changes_nothing(
    function: Function, account: Account, served: Served
) -> None:
    account.register(1, "PendingManualApproval")
    function.deploy(2)
    function(account.decide(1, "Rejected"))
    assert not set(account.names()) - {"PutObject"}
    assert served() == [2]


# --- challenger


def test_challenger_serves_beside_the_version_before(function: Function, account: Account, served: Served) -> None:
    function.settings(challenger_share=0.2)
    function.deploy(1)
    assert served() == [1]
    function.deploy(2)
    assert served() == [1, 2]
    function.deploy(3)
    assert served() == [2, 3]
    function(account.decide(3, "Rejected"))
    account.finish()
    function()
    assert served() == [1, 2]


def test_champion_is_no_version_that_was_rolled_back(function: Function, served: Served) -> None:
    function.settings(challenger_share=0.2)
    function.deploy(1)
    function.deploy(2, good=False)
    assert served() == [1]
    function.deploy(3)
    assert served() == [1, 3]


def test_challenger_is_promoted_by_the_setting(function: Function, account: Account, served: Served) -> None:
    function.settings(challenger_share=0.2)
    function.deploy(1)
    function.deploy(2)
    function.settings(challenger_share=0.0)
    function.stack("Update")
    account.finish()
    function()
    assert served() == [2]


# --- kinds of endpoint


@pytest.mark.parametrize(("before", "after"), [("instance", "serverless"), ("serverless", "instance")])
def test_other_kind_of_endpoint_is_made_anew(
    function: Function, account: Account, served: Served, before: str, after: str
) -> None:
    function.settings(kind=before)
    function.deploy(1)
    function.settings(kind=after)
    assert function.stack("Update")["Status"] == "SUCCESS"
    assert account.names("DeleteEndpoint", "CreateEndpoint", "UpdateEndpoint") == ["DeleteEndpoint", "CreateEndpoint"]
    account.finish()
    function()
    assert served() == [1]


def test_endpoint_goes_and_comes_back_by_the_setting(function: Function, account: Account, served: Served) -> None:
    function.deploy(1)
    function.settings(kind="off")
    function.stack("Update")
    assert (account.endpoint, account.configs, account.models) == (None, {}, {})
    function()
    assert account.names() == []
    function.settings(kind="instance")
    function.stack("Update")
    account.finish()
    function()
    assert served() == [1]


def test_endpoint_out_of_service_is_told(function: Function, account: Account) -> None:
    function.deploy(1)
    assert account.endpoint is not None
    account.endpoint["EndpointStatus"] = "OutOfService"
    with pytest.raises(RuntimeError, match="mlref-flights is OutOfService"):
        function()


# --- deletion


def test_stack_takes_everything_along(function: Function, account: Account) -> None:
    function.settings(max_instances=3)
    function.deploy(1)
    account.register(2)
    function()
    assert function.stack("Delete")["Status"] == "SUCCESS", "also while the endpoint is being updated"
    assert (account.endpoint, account.configs, account.models) == (None, {}, {})
    assert (account.alarms, account.targets) == ({}, {})
    assert account.objects, "what is in the lake stays there"


def test_stack_without_an_endpoint_is_deleted(function: Function) -> None:
    assert function.stack("Delete")["Status"] == "SUCCESS"


def test_endpoint_that_stays_busy_is_a_reason(
    function: Function, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.register(1)
    function()
    monkeypatch.setattr("lambdas.deploy_model.hosting.time.sleep", lambda _: None)
    answer = function.stack("Delete", seconds=15)
    assert (answer["Status"], "is still Creating" in answer["Reason"]) == ("FAILED", True)


def test_stack_is_not_held_up_by_a_version_that_cannot_be_deployed(
    function: Function, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered first; the function still fails, which Lambda repeats and the alarm tells."""
    account.register(1)
    monkeypatch.setattr(account, "create_model", refuse)
    with pytest.raises(ClientError):
        function.stack("Update")
    assert [answer["Status"] for answer in function.answers] == ["SUCCESS"]


# --- all of it


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("approve"), st.integers(1, 4)),
        st.tuples(st.just("reject"), st.integers(1, 4)),
        st.tuples(st.sampled_from(["good", "bad", "again"]), st.just(0)),
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=2 * settings().max_examples)
@given(events=EVENTS)
def test_whatever_happens_the_newest_approved_version_that_does_not_fail_is_served(
    events: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approvals and rejections in any order, during deployments or not, each event handled once or twice."""
    account = Account()
    function = Function(monkeypatch, account)
    for number in range(1, 5):
        account.register(number, "PendingManualApproval", baselines=False)
    for event, number in events:
        if event in ("good", "bad") and account.pending:
            account.finish(good=event == "good")
            function()
        elif number:
            function(account.decide(number, "Approved" if event == "approve" else "Rejected"))
        function()
    for _ in range(9):  # all that is still to come succeeds
        if account.pending:
            account.finish()
        function()
    assert account.pending is None, "it comes to rest"
    approved = [
        package["ModelPackageVersion"]
        for package in account.packages.values()
        if package["ModelApprovalStatus"] == "Approved"
        and not account.note(package["ModelPackageVersion"]).startswith("failed")
    ]
    if approved:
        assert account.endpoint is not None
        assert account.endpoint["EndpointConfigName"].startswith(f"mlref-flights-v{max(approved)}-")
