"""JSON that users send, read within bounds.

What is well-formed to Python and nothing to a service is refused here, once: a document that is nested deeper than
anyone writes, NaN and infinities, characters that no UTF-8 can carry.
"""

import json
import math
from typing import Any

MAX_DEPTH = 100  # what reads a document may call itself a few times a level, and Python's stack has 1,000 frames


class DocumentError(ValueError):
    """The text is no document; the message says why in words that can follow "not JSON: "."""


def read_json(text: str | bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text. Raises DocumentError."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise DocumentError(f"nested deeper than {max_depth} levels") from None
    except UnicodeDecodeError:
        raise DocumentError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise DocumentError(str(error)) from None
    except ValueError as error:  # a number of more digits than Python reads
        raise DocumentError(str(error).partition(";")[0]) from None
    check(value, max_depth)
    return value


def check(value: Any, max_depth: int = MAX_DEPTH) -> None:
    """Refuse what JSON cannot say, or nobody can read. Raises DocumentError."""
    level, depth = [value], 0
    while level:
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += item
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, float) and not math.isfinite(item):
                raise DocumentError(f"{item} is no number of JSON")
            elif isinstance(item, str) and not item.isascii():
                _encodable(item)
        depth += 1
        if depth > max_depth and below:
            raise DocumentError(f"nested deeper than {max_depth} levels")
        level = below


def _encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DocumentError("half of a surrogate pair is no character") from None


def _refuse(constant: str) -> None:
    raise DocumentError(f"{constant} is no number of JSON")
