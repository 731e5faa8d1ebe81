"""Events that the services of this cloud send to the default bus."""

import json
import logging
from datetime import datetime
from typing import Any

from localcloud.cloud import current
from localcloud.events.engine import events_engine, new_event

log = logging.getLogger(__name__)


def emit(source: str, detail_type: str, resources: list[str], detail: dict[str, Any], region: str | None) -> None:
    """Put one event. One that cannot be put is logged: it tells of what has already happened, and undoes nothing."""
    try:
        plain = json.loads(json.dumps(detail, default=_text))
        where = region or current().region
        events_engine().ingest(new_event(source, detail_type, resources, plain, where), where)
    except Exception:
        log.exception("the event %s of %s was not delivered", detail_type, ", ".join(resources))


def _text(value: Any) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)
