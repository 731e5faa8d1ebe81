"""FilterCriteria: which records a function gets.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

import json
from collections.abc import Mapping
from typing import Any

from localcloud.events.patterns import Match, PatternError, compile_pattern

_JSON, _TEXT = "json", "text"


class FilterError(ValueError):
    """The pattern is none, or not one for this source."""


class Filters:
    """Up to five patterns, of which one has to match.

    A pattern has a form for the record's own data, which is ``body`` of a message and ``data`` of a record: JSON when
    it is an object, plain text when it is a list. Data of the other form does not match
    (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html#filtering-sqs-dataformat). Kinesis' patterns
    are JSON only.
    """

    def __init__(self, criteria: Mapping[str, Any] | None, member: str = "") -> None:
        """``member``: the record's own data, where it may be text."""
        self._member = member
        self._patterns = [self._compiled(item.get("Pattern")) for item in (criteria or {}).get("Filters") or []]

    def _compiled(self, text: str | None) -> tuple[Match, str | None]:
        try:
            match = compile_pattern(text or "")
        except PatternError as error:
            raise FilterError(str(error)) from None
        wanted = json.loads(text or "").get(self._member)
        if self._member == "data" and isinstance(wanted, list):
            raise FilterError("data is no object")
        return match, None if wanted is None else _TEXT if isinstance(wanted, list) else _JSON

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def __call__(self, record: Mapping[str, Any], data: str | None = None) -> bool:
        """Whether the function is to get a record.

        Args:
            record: what patterns are matched with; ``data`` is put in as what it is.
        """
        if not self._patterns:
            return True
        value: Any = data
        form = _TEXT
        if data is not None and (parsed := _object(data)) is not None:
            value, form = parsed, _JSON
        seen = {**record, self._member: value} if self._member else record
        return any(match(seen) for match, wanted in self._patterns if wanted in (None, form) or not self._member)


def _object(text: str) -> Any:
    """What JSON text says; None for other text."""
    if text[:1].strip() not in ("", "{", "["):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None
