"""Events that SageMaker sends to EventBridge.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

import json
import logging
from datetime import datetime
from typing import Any

from localcloud.server import current

log = logging.getLogger(__name__)


def notify(detail_type: str, resources: list[str], detail: dict[str, Any], region: str | None = None) -> None:
    """Put one event of source aws.sagemaker on the default bus. A rule that cannot be served is logged: the event
    belongs to what has already happened, which it must not undo."""
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": detail_type,
        "Resources": resources,
        "Detail": json.dumps(detail, default=_text),
    }
    try:
        current().client("events", region).put_events(Entries=[entry])
    except Exception:
        log.exception("the event %s of %s was not delivered", detail_type, ", ".join(resources))


def _text(value: Any) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)
