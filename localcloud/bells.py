"""Who waits for something to arrive at a stream or queue is woken when it does: every ARN has a bell.

Bells are kept apart from moto's objects, which are copied (the tables of a transaction) and replaced.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

_listeners: defaultdict[str, set[threading.Event]] = defaultdict(set)
_lock = threading.Lock()


def ring(arn: str) -> None:
    """Something has arrived at, or changed in, what the ARN names."""
    with _lock:
        for listener in _listeners.get(arn, ()):
            listener.set()


@contextmanager
def listening(arn: str, listener: threading.Event) -> Iterator[None]:
    """``listener`` is set whenever the bell of ``arn`` rings."""
    with _lock:
        _listeners[arn].add(listener)
    try:
        yield
    finally:
        with _lock:
            _listeners[arn].discard(listener)
            if not _listeners[arn]:
                del _listeners[arn]
