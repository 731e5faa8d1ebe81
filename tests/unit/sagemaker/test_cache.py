"""What makes two runs of a step the same."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker.cache import Entry, age, lookup, signature

NOW = datetime(2026, 1, 31, 12)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P30D", timedelta(days=30)),
        ("30d", timedelta(days=30)),
        ("T16m", timedelta(minutes=16)),
        ("PT1H", timedelta(hours=1)),
        ("30dT5h", timedelta(days=30, hours=5)),
        ("P1Y2W", timedelta(days=379)),
        ("P1M", timedelta(days=30)),
    ],
)
def test_ages(text: str, duration: timedelta) -> None:
    assert age(text) == duration


@pytest.mark.parametrize("text", ["", "P", "30", "soon", "PT"])
def test_other_texts_are_no_age(text: str) -> None:
    with pytest.raises(ValidationError, match="is not an ISO 8601 duration"):
        age(text)


def _processing(**more: Any) -> dict[str, Any]:
    return {
        "AppSpecification": {"ImageUri": "i"},
        "ProcessingInputs": [{"InputName": "a"}],
        "ProcessingOutputConfig": {"Outputs": ["runs/1"]},
        "RoleArn": "r",
        **more,
    }


def test_where_results_go_and_on_which_machine_does_not_matter() -> None:
    first = signature("A", "Processing", _processing())
    assert first == signature("A", "Processing", _processing(ProcessingOutputConfig={}, RoleArn="s"))
    others: list[dict[str, Any]] = [
        {"AppSpecification": {"ImageUri": "j"}},
        {"ProcessingInputs": []},
        {"Environment": {"X": "1"}},
    ]
    for more in others:
        assert first != signature("A", "Processing", _processing(**more))
    assert first != signature("B", "Processing", _processing())


def test_of_tuning_only_some_members_of_the_training_matter() -> None:
    def key(**job: Any) -> str:
        return signature(
            "T", "Tuning", {"HyperParameterTuningJobConfig": 1, "TrainingJobDefinition": {"RoleArn": 1, **job}}
        )

    assert key() == key(OutputDataConfig=2, StoppingCondition=3)
    assert key() != key(StaticHyperParameters={"a": "1"})


def test_the_latest_that_is_not_too_old_is_taken() -> None:
    def entry(hours: int, arn: str, key: str = "k") -> Entry:
        return Entry(key, NOW - timedelta(hours=hours), arn, {}, {})

    entries = [entry(5, "old"), entry(3, "newer"), entry(1, "other", "x")]
    found = lookup(entries, "k", timedelta(hours=4), NOW)
    assert found is not None
    assert found.execution_arn == "newer"
    assert lookup(entries, "k", timedelta(hours=2), NOW) is None
