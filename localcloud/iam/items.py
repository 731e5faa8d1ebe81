"""DynamoDB's requests about many items: which action on which table each of them is."""

from collections.abc import Iterator
from typing import Any

from localcloud.iam.call import Where

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def items_of(operation: str, parameters: dict[str, Any], where: Where) -> list[tuple[str, str]] | None:
    """Actions and ARNs, each once; None for an operation on one table."""
    if operation in ("BatchGetItem", "BatchWriteItem"):
        names = parameters.get("RequestItems") or {}
        return [(f"dynamodb:{operation}", _arn(name, where)) for name in names]
    if operation in ("TransactGetItems", "TransactWriteItems"):
        found = _transacted(parameters.get("TransactItems") or ())
        return list(dict.fromkeys((f"dynamodb:{action}", _arn(name, where)) for action, name in found))
    return None


def _transacted(items: Any) -> Iterator[tuple[str, str]]:
    for item in items:
        for kind, told in item.items():
            if kind in _IN_TRANSACTIONS and told:
                yield _IN_TRANSACTIONS[kind], str(told.get("TableName"))


def _arn(table: str, where: Where) -> str:
    """A table may be named by its ARN."""
    if table.startswith("arn:"):
        return table
    return f"arn:{where.partition}:dynamodb:{where.region}:{where.account}:table/{table}"
