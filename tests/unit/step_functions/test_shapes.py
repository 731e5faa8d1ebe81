"""Parameters and answers between an API's form and that of the States Language."""

from datetime import UTC, datetime

from localcloud.step_functions.shapes import answer, operation, request


def test_a_request_has_the_names_and_types_of_the_api() -> None:
    model = operation("stepfunctions", "start_execution")
    assert model is not None
    given = {"StateMachineArn": "arn", "Input": {"a": 1}, "Name": None}
    assert request(given, model.input_shape) == {"stateMachineArn": "arn", "input": '{"a":1}'}
    invoke = operation("lambda", "invoke")
    assert invoke is not None
    assert request({"Payload": [1]}, invoke.input_shape) == {"Payload": b"[1]"}


def test_an_answer_has_capitals_and_times_of_the_caller() -> None:
    model = operation("stepfunctions", "start_execution")
    assert model is not None
    found = {"executionArn": "arn", "startDate": datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)}
    told = answer(found, model.output_shape, iso=True)
    assert told == {"ExecutionArn": "arn", "StartDate": "2026-01-02T03:04:05.678000Z"}
    assert answer(found, model.output_shape, iso=False)["StartDate"] == 1767323045678


def test_keys_of_maps_are_the_users() -> None:
    model = operation("dynamodb", "get_item")
    assert model is not None
    found = {"Item": {"my_key": {"S": "v"}}}
    assert answer(found, model.output_shape, iso=True) == found
