"""The filters, the order and the pages that SageMaker's List operations share."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from localcloud.glue.state import page

_TIMES = ("CreationTime", "LastModifiedTime", "ScheduledTime")


def select(
    request: dict[str, Any],
    summaries: Iterable[dict[str, Any]],
    member: str,
    stem: str,
    *,
    equal: tuple[str, ...] = (),
) -> dict[str, Any]:
    """One page of the answer: newest first, unless the request says otherwise.

    Args:
        summaries: in the order of creation.
        member: of the answer that holds them.
        stem: of their members ``<stem>Name`` and ``<stem>Status``.
        equal: members of the request, bare or with "Equals", that are compared with the summaries' own.
    """
    found = list(summaries)
    for name in _TIMES:
        after, before = _naive(request.get(f"{name}After")), _naive(request.get(f"{name}Before"))
        if after is not None:
            found = [item for item in found if _naive(item[name]) >= after]
        if before is not None:
            found = [item for item in found if _naive(item[name]) <= before]
    if request.get("NameContains"):
        found = [item for item in found if request["NameContains"] in item[f"{stem}Name"]]
    if request.get("StatusEquals"):
        found = [item for item in found if item[f"{stem}Status"] == request["StatusEquals"]]
    for name in equal:
        if request.get(name) is not None:
            found = [item for item in found if item.get(name.removesuffix("Equals")) == request[name]]
    by = request.get("SortBy") or "CreationTime"
    found.sort(key=lambda item: item[by if by in _TIMES else f"{stem}{by}"])
    if request.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    return page(request, member, found)


def _naive(moment: Any) -> Any:
    """moto's times are UTC without saying so."""
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else moment
