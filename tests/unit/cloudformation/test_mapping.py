"""Properties in the form that a service's API takes."""

from typing import Any

import boto3
import pytest

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.mapping import arguments, differing, fit, lookup


def _shape(service: str, operation: str) -> Any:
    client = boto3.client(service, region_name="us-east-1")
    return client.meta.service_model.operation_model(operation).input_shape


def test_names_and_values_take_the_shape_of_the_api() -> None:
    dropped: list[str] = []
    members, used = arguments(
        {"LogGroupName": "g", "Tags": [{"Key": "team", "Value": 1}], "RetentionInDays": 3},
        _shape("logs", "CreateLogGroup"),
        {},
        dropped,
    )
    assert members == {"logGroupName": "g", "tags": {"team": "1"}}
    assert used == {"LogGroupName", "Tags"}
    assert dropped == []


def test_renamed_converted_and_documents_as_text() -> None:
    members, _ = arguments(
        {"KeyPolicy": {"Version": "2012-10-17"}, "MultiRegion": "true", "Tags": [{"Key": "a", "Value": "b"}]},
        _shape("kms", "CreateKey"),
        {"KeyPolicy": "Policy"},
        [],
    )
    assert members == {
        "Policy": '{"Version": "2012-10-17"}',
        "MultiRegion": True,
        "Tags": [{"TagKey": "a", "TagValue": "b"}],
    }


def test_what_has_no_place_is_recorded_with_its_path() -> None:
    dropped: list[str] = []
    shape = _shape("glue", "CreateJob").members["Command"]
    fitted = fit({"Name": "glueetl", "Scripts": ["a"], "PythonVersion": 3}, shape, "Command", dropped)
    assert fitted == {"Name": "glueetl", "PythonVersion": "3"}
    assert dropped == ["Command.Scripts"]


@pytest.mark.parametrize(("name", "value"), [("Timeout", "soon"), ("Command", "glueetl")])
def test_values_that_cannot_be_converted(name: str, value: str) -> None:
    with pytest.raises(StackError, match=f"Value of property {name} must be of type"):
        fit(value, _shape("glue", "CreateJob").members[name], name, [])


def test_a_boolean_is_not_any_text() -> None:
    with pytest.raises(StackError, match="must be of type boolean"):
        fit("yes", _shape("kms", "CreateKey").members["MultiRegion"], "MultiRegion", [])


def test_lookup() -> None:
    answer = {"repositories": [{"arn": "a"}]}
    assert lookup(answer, "repositories.0.arn") == "a"
    for path in ("repositories.1.arn", "repositories.0.name", "other"):
        with pytest.raises(KeyError):
            lookup(answer, path)


def test_differing() -> None:
    assert differing({"a": 1, "b": 2, "n": None}, {"a": 1, "b": 3, "c": 4}) == {"b", "c", "n"}
