"""Custom resources: the answer that CloudFormation waits for."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any


def respond(event: dict[str, Any], context: Any, act: Callable[[], None]) -> None:
    """Act, then answer to the ResponseURL, whatever happened: without an answer CloudFormation waits for an hour.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
    """
    status, reason = "SUCCESS", f"see log stream {context.log_stream_name}"
    try:
        act()
    except Exception as error:
        status, reason = "FAILED", f"{type(error).__name__}: {error}"
    answer = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(answer).encode()
    # no content type: the URL is signed without one
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - CloudFormation's own URL
        pass
