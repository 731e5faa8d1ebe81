"""List operations answer in pages."""

from typing import Any


def page(request: dict[str, Any], member: str, found: list[Any]) -> dict[str, Any]:
    """One page of a list operation: MaxResults from NextToken on."""
    start = int(request.get("NextToken") or 0)
    end = start + int(request.get("MaxResults") or 100)
    more = {"NextToken": str(end)} if end < len(found) else {}
    return {member: found[start:end], **more}
