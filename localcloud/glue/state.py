"""What the engine keeps beside moto's own objects; it lives in moto's backend, so that a reset takes it along."""

from dataclasses import dataclass, field
from typing import Any

from moto.glue.models import GlueBackend, glue_backends

from localcloud.cloud import current
from localcloud.paging import page as page  # noqa: PLC0414 - imported from here too


@dataclass
class GlueState:
    """One region's."""

    bookmarks: dict[str, dict[str, Any]] = field(default_factory=dict)  # job name -> JobBookmarkEntry
    classifiers: dict[str, dict[str, Any]] = field(default_factory=dict)
    rulesets: dict[str, dict[str, Any]] = field(default_factory=dict)
    quality_results: dict[str, dict[str, Any]] = field(default_factory=dict)
    quality_runs: dict[str, Any] = field(default_factory=dict)
    chains: dict[tuple[str, str] | None, Any] = field(default_factory=dict)  # by workflow and run id


def backend(region: str) -> GlueBackend:
    """moto's Glue of this account."""
    return glue_backends[current().account][region]


def state(of: GlueBackend) -> GlueState:
    """The state of ``of``, which BaseBackend.reset drops with everything else."""
    found = of.__dict__.setdefault("localcloud_state", GlueState())
    assert isinstance(found, GlueState)  # noqa: S101 - for the type checker
    return found


def given(request: dict[str, Any], *without: str) -> dict[str, Any]:
    """The members of a request that are definition: not the name, not the tags."""
    return {name: value for name, value in request.items() if name not in without and value is not None}
