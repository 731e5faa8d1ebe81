"""Search expressions, operator by operator, against one training job's record."""

from datetime import UTC, datetime
from typing import Any

import pytest
from moto.core.utils import get_service_model
from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker.search_filters import matches, value_of

SHAPE = get_service_model("sagemaker").shape_for("TrainingJob")
RECORD = {
    "TrainingJobName": "delays-7",
    "TrainingJobStatus": "Completed",
    "CreationTime": datetime(2026, 5, 1, 12, tzinfo=UTC),
    "BillableTimeInSeconds": 90,
    "EnableNetworkIsolation": False,
    "HyperParameters": {"rate": "0.25", "depth": "7", "kind": "dart", "a.b": "dotted"},
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://lake/may"}}},
        {"ChannelName": "validation", "DataSource": {"S3DataSource": {"S3Uri": "s3://lake/june"}}},
    ],
    "Tags": {"team": "ops", "cost.centre": "7"},
    "Metrics": {"auc": 0.71},
}
URI = "InputDataConfig.DataSource.S3DataSource.S3Uri"

FILTERS = [
    ("TrainingJobName", "Equals", "delays-7", True),
    ("TrainingJobName", "Equals", "delays", False),
    ("TrainingJobName", "NotEquals", "delays", True),
    ("TrainingJobName", "NotEquals", "delays-7", False),
    ("TrainingJobName", "Contains", "lay", True),
    ("TrainingJobName", "Contains", "LAY", False),
    ("TrainingJobStatus", "In", "Failed,Completed", True),
    ("TrainingJobStatus", "In", "Failed,Stopped", False),
    ("TrainingJobStatus", "Exists", None, True),
    ("TrainingJobStatus", "NotExists", None, False),
    ("FailureReason", "Exists", None, False),
    ("FailureReason", "NotExists", None, True),
    ("FailureReason", "Equals", "x", False),
    ("FailureReason", "NotEquals", "x", True),
    ("BillableTimeInSeconds", "Equals", "90", True),
    ("BillableTimeInSeconds", "Equals", "90.0", True),
    ("BillableTimeInSeconds", "GreaterThan", "89.5", True),
    ("BillableTimeInSeconds", "GreaterThan", "90", False),
    ("BillableTimeInSeconds", "GreaterThanOrEqualTo", "90", True),
    ("BillableTimeInSeconds", "LessThan", "100", True),  # as text it were more
    ("BillableTimeInSeconds", "LessThanOrEqualTo", "89", False),
    ("CreationTime", "LessThan", "2026-05-01T12:00:01", True),
    ("CreationTime", "GreaterThan", "2026-05-01T12:00:01Z", False),
    ("CreationTime", "GreaterThan", "2026-05-01T13:30:00+02:00", True),
    ("EnableNetworkIsolation", "Equals", "false", True),
    ("EnableNetworkIsolation", "Equals", "true", False),
    ("HyperParameters.rate", "LessThan", "0.5", True),
    ("HyperParameters.rate", "GreaterThan", "0.5", False),
    ("HyperParameters.depth", "LessThan", "10", True),
    ("HyperParameters.kind", "Equals", "dart", True),
    ("HyperParameters.kind", "LessThan", "3", False),
    ("HyperParameters.a.b", "Equals", "dotted", True),
    ("HyperParameters.none", "Exists", None, False),
    ("Metrics.auc", "GreaterThan", "0.7", True),
    ("Metrics.auc", "GreaterThan", "0.72", False),
    ("Metrics.none", "GreaterThan", "0", False),
    ("Tags.team", "Equals", "ops", True),
    ("Tags.team", "Equals", "dev", False),
    ("Tags.cost.centre", "Equals", "7", True),
    ("Tags.none", "NotExists", None, True),
    ("InputDataConfig.ChannelName", "Equals", "validation", True),
    (URI, "Contains", "june", True),
    (URI, "Contains", "july", False),
]


def a_filter(name: str, operator: str, value: str | None) -> dict[str, str]:
    return {"Name": name, "Operator": operator, **({} if value is None else {"Value": value})}


@pytest.mark.parametrize(("name", "operator", "value", "expected"), FILTERS)
def test_filters(name: str, operator: str, value: str | None, expected: bool) -> None:
    assert matches(RECORD, {"Filters": [a_filter(name, operator, value)]}, SHAPE) is expected


def test_equals_is_the_operator_of_a_filter_without_one() -> None:
    assert matches(RECORD, {"Filters": [{"Name": "TrainingJobName", "Value": "delays-7"}]}, SHAPE)


TRUE, FALSE = a_filter("TrainingJobName", "Equals", "delays-7"), a_filter("TrainingJobName", "Equals", "other")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({}, True),
        ({"Filters": [TRUE, TRUE]}, True),
        ({"Filters": [TRUE, FALSE]}, False),
        ({"Filters": [TRUE, FALSE], "Operator": "Or"}, True),
        ({"Filters": [FALSE, FALSE], "Operator": "Or"}, False),
        ({"Filters": [TRUE], "SubExpressions": [{"Filters": [FALSE, TRUE], "Operator": "Or"}]}, True),
        ({"Filters": [TRUE], "SubExpressions": [{"Filters": [FALSE]}]}, False),
    ],
)
def test_expressions(expression: dict[str, Any], expected: bool) -> None:
    assert matches(RECORD, expression, SHAPE) is expected


@pytest.mark.parametrize(("channel", "expected"), [("train", False), ("validation", True)])
def test_nested_filters_are_of_one_element(channel: str, expected: bool) -> None:
    filters = [a_filter("InputDataConfig.ChannelName", "Equals", channel), a_filter(URI, "Contains", "june")]
    nested = {"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": filters}]}
    assert matches(RECORD, nested, SHAPE) is expected
    assert matches(RECORD, {"Filters": filters}, SHAPE)  # each by another element


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (a_filter("Colour", "Equals", "x"), "Unknown property name: Colour"),
        (a_filter("TrainingJobName.Length", "Equals", "x"), "Unknown property name: TrainingJobName.Length"),
        (a_filter("InputDataConfig.Colour", "Equals", "x"), "Unknown property name: InputDataConfig.Colour"),
        (a_filter("TrainingJobName", "GreaterThan", "x"), "operator GreaterThan is not supported"),
        (a_filter("BillableTimeInSeconds", "Contains", "9"), "operator Contains is not supported"),
        (a_filter("BillableTimeInSeconds", "Equals", "many"), "is not of the property's type"),
        (a_filter("CreationTime", "LessThan", "yesterday"), "is not of the property's type"),
        (a_filter("TrainingJobName", "Equals", None), "needs a Value"),
    ],
)
def test_what_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        matches({}, {"Filters": [given]}, SHAPE)


def test_values_to_sort_by() -> None:
    assert value_of(RECORD, "BillableTimeInSeconds", SHAPE) == 90.0
    assert value_of(RECORD, "Metrics.auc", SHAPE) == 0.71
    assert value_of(RECORD, "FailureReason", SHAPE) is None
