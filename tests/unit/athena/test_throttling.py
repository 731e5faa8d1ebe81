"""Queries that a service throttled to the last attempt."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.athena.errors import QueryError, throttled


def refused(code: str, status: int, message: str) -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetObject")


S3 = "HIVE_CANNOT_OPEN_SPLIT: AmazonS3Exception: "
GLUE = "HIVE_METASTORE_ERROR: AWSGlueException: "
# https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html and error-reference.html
CASES: list[tuple[Exception, str, int]] = [
    (
        refused("SlowDown", 503, "Please reduce your request rate."),
        f"{S3}Please reduce your request rate. (Service: Amazon S3; Status Code: 503; Error Code: SlowDown)",
        1403,
    ),
    (
        OSError("AWS Error SLOW_DOWN during GetObject operation"),
        f"{S3}AWS Error SLOW_DOWN during GetObject operation",
        1403,
    ),
    (
        OSError("AWS Error SERVICE_UNAVAILABLE during HeadObject"),
        f"{S3}AWS Error SERVICE_UNAVAILABLE during HeadObject",
        1403,
    ),
    (
        refused("ThrottlingException", 400, "Rate exceeded"),
        f"{GLUE}Rate exceeded (Service: AWSGlue; Status Code: 400; Error Code: ThrottlingException)",
        1401,
    ),
]


@pytest.mark.parametrize(("error", "reason", "kind"), CASES, ids=lambda value: str(value)[:30])
def test_they_fail_in_athenas_words_and_may_be_submitted_again(error: Exception, reason: str, kind: int) -> None:
    told = throttled(error)
    assert told is not None
    assert told.reason == reason
    assert (told.athena_error["ErrorType"], told.athena_error["Retryable"]) == (kind, True)


@pytest.mark.parametrize("error", [refused("NoSuchKey", 404, "gone"), OSError("no such file"), KeyError("x")])
def test_other_errors_are_none_of_these(error: Any) -> None:
    assert throttled(error) is None
    assert QueryError("TABLE_NOT_FOUND", "t").athena_error["Retryable"] is False
