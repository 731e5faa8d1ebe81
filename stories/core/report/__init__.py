"""The core's report: the story's facts, and what it has seen, as one page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contracts import load
from costs.estimate import Estimate
from stories.core.report import cost, data, model, service
from stories.core.report.architecture import CORE, numbers
from stories.report.diagram import draw
from stories.report.page import Report, Section, Tile

if TYPE_CHECKING:
    from stories.core.story import Story


def report(story: "Story", base: Report) -> Report:
    """``base`` with all that this story knows; what it has not come to is left out."""
    facts, seen, scenario = story.facts, story.seen, story.scenario
    tables = load(story.dataset)
    estimate = cost.estimated(story.assembly, story.settings) if "stacks" in facts else None
    found = (
        data.events(facts, seen),
        data.quality(facts, seen),
        data.answers(seen, scenario.charts),
        model.pipelines(facts),
        model.card(seen, scenario.outcome),
        service.latency(seen),
        service.drift(seen, scenario.outcome),
        service.canary(seen),
        cost.section(estimate) if estimate else None,
    )
    sections: Sequence[Section] = [section for section in found if section is not None]
    return replace(
        base,
        result=_result(facts, scenario.rows, tables.curated.name) or base.result,
        tiles=_tiles(facts, estimate),
        drawing=draw(CORE, numbers(facts, tables.curated.name, tables.events.name)),
        sections=[*sections, *base.sections],
    )


def _result(facts: dict[str, Any], rows: str, curated: str) -> str:
    """As far as it came, in a sentence."""
    parts = []
    if "tables" in facts:
        loaded = facts["events"]["delivered"] + facts["events"]["history"]["loaded"]
        parts.append(
            f"{loaded:,} events became a table that answers questions, {facts['tables'][curated]:,} {rows} at first"
        )
    if "auc_temporal" in facts.get("model", {}):
        model = facts["model"]
        parts.append(
            f"a model learned from it (AUC {model['auc_temporal']:.3f}, without ML {model['baseline_auc']:.3f})"
        )
    if "version" in facts.get("endpoint", {}):
        parts.append("was served and watched, and was replaced when the world had changed")
    return f"{', '.join(parts)}." if parts else ""


def _tiles(facts: dict[str, Any], estimate: Estimate | str | None) -> list[Tile]:
    found = []
    if "sent" in facts.get("events", {}):
        found += [
            Tile(f"{facts['events']['sent']:,}", "events streamed"),
            Tile(f"{facts['events']['lost']:,}", "events lost"),
        ]
    if "quality" in facts:
        found.append(Tile(f"{sum(facts['quality'].values())} of {len(facts['quality'])}", "quality rules hold"))
    if "auc_temporal" in facts.get("model", {}):
        found.append(
            Tile(f"{facts['model']['auc_temporal']:.3f}", "AUC of the first model on days after its training")
        )
    if "p50_ms" in facts.get("endpoint", {}):
        endpoint = facts["endpoint"]
        found.append(Tile(f"{endpoint['p50_ms']:.0f}/{endpoint['p99_ms']:.0f} ms", "p50/p99 until an answer, here"))
    if "violated" in facts.get("monitor", {}):
        found.append(
            Tile(f"{len(facts['monitor']['violated'])}", "features or metrics in violation, in the last period")
        )
    if isinstance(estimate, Estimate):
        found.append(Tile(f"${estimate.day:.2f}", f"a day for all stacks, idle, in {estimate.region}"))
    return found
