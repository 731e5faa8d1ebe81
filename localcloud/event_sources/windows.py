"""Tumbling windows: what an invocation is told of its window, and where one begins.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

import json
from datetime import UTC, datetime
from typing import Any

from localcloud.event_sources.mapping import Progress

STATE_LIMIT = 1024 * 1024  # bytes; "a window ends early only if the state exceeds the maximum allowed size of 1 MB"


def beginning(moment: float, seconds: int) -> float:
    """Where the window of a moment begins, both of the cloud's clock."""
    return moment // seconds * seconds


def told(progress: Progress, seconds: int, shard: str, source: str, *, final: bool) -> dict[str, Any]:
    """What the event has beside its records."""
    assert progress.window is not None  # noqa: S101 - for the type checker
    return {
        "window": {"start": _iso(progress.window), "end": _iso(progress.window + seconds)},
        "state": progress.state,
        "shardId": shard,
        "eventSourceARN": source,
        "isFinalInvokeForWindow": final,
        "isWindowTerminatedEarly": final and progress.early,
    }


def take_state(progress: Progress, payload: bytes) -> None:
    """Keep what the function returned as its state; too much of it ends the window."""
    try:
        answer = json.loads(payload or b"null")
    except ValueError:
        answer = None
    state = answer.get("state") if isinstance(answer, dict) else None
    progress.state = {} if state is None else state
    progress.early = len(json.dumps(progress.state)) > STATE_LIMIT


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
