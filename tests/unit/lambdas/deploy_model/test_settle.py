"""What belongs to the version in service: scaling and baselines."""

import pytest

from tests.unit.lambdas.deploy_model.account import Account
from tests.unit.lambdas.deploy_model.conftest import Function

CHAMPION = "endpoint/mlref-flights/variant/Champion"
CHALLENGER = "endpoint/mlref-flights/variant/Challenger"


def test_variants_are_not_scaled_by_default(function: Function, account: Account) -> None:
    function.deploy(1)
    assert account.targets == {}


def test_variants_are_scaled_by_their_requests(function: Function, account: Account) -> None:
    function.settings(instances=2, max_instances=4, requests_per_minute=300, challenger_share=0.1)
    function.deploy(1)
    assert account.targets.keys() == {CHAMPION}
    function.deploy(2)
    assert account.targets.keys() == account.policies.keys() == {CHAMPION, CHALLENGER}
    target = account.targets[CHAMPION]
    assert (target["ServiceNamespace"], target["MinCapacity"], target["MaxCapacity"]) == ("sagemaker", 2, 4)
    assert target["ScalableDimension"] == "sagemaker:variant:DesiredInstanceCount"
    policy = account.policies[CHALLENGER]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 300
    assert tracking["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    }
    assert tracking["ScaleInCooldown"] > tracking["ScaleOutCooldown"]


def test_scaling_is_not_touched_by_an_update_of_the_model(function: Function, account: Account) -> None:
    function.settings(max_instances=4)
    function.deploy(1)
    account.register(2)
    function()
    assert "DeregisterScalableTarget" not in account.names()
    assert account.targets.keys() == {CHAMPION}


def test_scaling_pauses_while_the_instance_type_changes(function: Function, account: Account) -> None:
    """SageMaker refuses the update otherwise, and the account here too."""
    function.settings(max_instances=4)
    function.deploy(1)
    function.settings(instance_type="ml.c5.large")
    function()
    assert account.targets == {}
    account.finish(good=False)
    function()
    assert account.targets.keys() == {CHAMPION}, "also after a rollback"


def test_scaling_ends_with_its_setting_or_its_variant(function: Function, account: Account) -> None:
    function.settings(max_instances=4, challenger_share=0.1)
    function.deploy(1)
    function.deploy(2)
    function.settings(challenger_share=0.0)
    function()
    account.finish()
    function()
    assert account.targets.keys() == {CHAMPION}
    function.settings(max_instances=None)
    function()
    assert account.targets == {}


NAMES = ["statistics", "constraints", "model_quality_statistics", "model_quality_constraints"]


def baselines(account: Account) -> dict[str, str]:
    folder = "monitoring/baseline/"
    return {
        key.removeprefix(folder): body.decode() for key, body in account.objects.items() if key.startswith(folder)
    }


def test_baselines_of_the_version_in_service_are_where_the_monitoring_looks(
    function: Function, account: Account
) -> None:
    function.deploy(1)
    assert baselines(account) == {f"{name}.json": f"{name} of 1" for name in NAMES}
    account.register(2)
    function()
    assert baselines(account)["statistics.json"] == "statistics of 1", "2 is not in service yet"
    account.finish(good=False)
    function()
    assert baselines(account)["statistics.json"] == "statistics of 1"
    function.deploy(3)
    assert baselines(account) == {f"{name}.json": f"{name} of 3" for name in NAMES}


def test_baselines_of_a_challenger_count(function: Function, account: Account) -> None:
    function.settings(challenger_share=0.5)
    function.deploy(1)
    function.deploy(2)
    assert baselines(account)["constraints.json"] == "constraints of 2"


def test_version_without_baselines_leaves_none_of_another(function: Function, account: Account) -> None:
    function.deploy(1)
    account.register(2, baselines=False)
    function()
    account.finish()
    function()
    assert baselines(account) == {}


def test_lost_baseline_is_an_error_but_holds_up_no_deployment(function: Function, account: Account) -> None:
    account.register(1)
    function()
    account.finish()
    del account.objects["runs/e1/baseline/constraints/statistics.json"]
    with pytest.raises(KeyError):
        function()
    function.deploy(2)
    assert baselines(account)["statistics.json"] == "statistics of 2"
