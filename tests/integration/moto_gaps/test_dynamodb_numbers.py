"""Numbers of DynamoDB come back trimmed, or are refused: what dynalite, whose tests run against AWS, makes of them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud


@pytest.fixture(scope="module")
def table(session_cloud: LocalCloud) -> Any:
    session_cloud.reset()
    client = session_cloud.client("dynamodb")
    client.create_table(
        TableName="numbers",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "N"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@pytest.mark.parametrize(
    ("put", "read"),
    [
        ("12.0", "12"),
        ("100", "100"),
        ("1E5", "100000"),
        ("007", "7"),
        ("1.10", "1.1"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("5.", "5"),
        ("-0.0", "0"),
        ("1e-07", "0.0000001"),
        ("-12.340e2", "-1234"),
        ("1" * 38 + "0000", "1" * 38 + "0000"),
        ("1e-130", f"0.{'0' * 129}1"),
        ("9.9e125", f"99{'0' * 124}"),
    ],
)
def test_they_are_trimmed(table: Any, put: str, read: str) -> None:
    """In an attribute, a set, a list, a map and a key, and after an update."""
    number = {"N": put}
    values = {"v": number, "s": {"NS": [put]}, "l": {"L": [number]}, "m": {"M": {"v": number}}}
    table.put_item(TableName="numbers", Item={"pk": {"N": "1"}, "sk": number, **values})
    key = {"pk": {"N": "1.0"}, "sk": {"N": read}}
    table.update_item(
        TableName="numbers", Key=key, UpdateExpression="SET u = :u", ExpressionAttributeValues={":u": number}
    )
    found = table.get_item(TableName="numbers", Key=key)["Item"]
    trimmed = {"N": read}
    assert found == {
        "pk": {"N": "1"},
        "sk": trimmed,
        "v": trimmed,
        "u": trimmed,
        "s": {"NS": [read]},
        "l": {"L": [trimmed]},
        "m": {"M": {"v": trimmed}},
    }


@pytest.mark.parametrize(
    ("put", "reason"),
    [
        ("1" * 39, "Attempting to store more than 38 significant digits in a Number"),
        ("1e126", "Number overflow"),
        ("1e-131", "Number underflow"),
        ("1_0", "cannot be converted to a numeric value: 1_0"),
        ("NaN", "cannot be converted to a numeric value: NaN"),
        ("", "cannot be converted to a numeric value"),
    ],
)
def test_what_is_none_is_refused(table: Any, put: str, reason: str) -> None:
    with pytest.raises(ClientError, match=reason) as refused:
        table.put_item(TableName="numbers", Item={"pk": {"N": "1"}, "sk": {"N": "1"}, "v": {"N": put}})
    assert refused.value.response["Error"]["Code"] == "ValidationException"
