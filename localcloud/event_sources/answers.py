"""What a function's answer says about its batch, when it is to report items.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html#streams-batchfailurereporting-conditions
"""

import json
from collections.abc import Collection


def failed_items(payload: bytes, items: Collection[str]) -> set[str] | None:
    """The items that failed; None when the whole batch did.

    A success is an empty answer or one without failures; identifiers that are empty, null, missing or of no item of
    the batch fail it as a whole, as does what is no such document (snapshots of localstack's
    test_kinesis_report_batch_item_failure_scenarios and …_success_scenarios).
    """
    try:
        answer = json.loads(payload or b"null")
    except ValueError:
        return None
    if not answer:
        return set()
    if not isinstance(answer, dict):
        return None
    reported = answer.get("batchItemFailures") or []
    if not isinstance(reported, list):
        return None
    failed = set()
    for item in reported:
        identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
        if not isinstance(identifier, str) or identifier not in items:
            return None
        failed.add(identifier)
    return failed
