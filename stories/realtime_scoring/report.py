"""The report: how fast, how right, what went wrong and what came of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from costs.estimate import Estimate
from stories.core.report import cost
from stories.report import charts
from stories.report.diagram import Arrow, Diagram, Node, draw
from stories.report.page import Report, Section, Table, Tile

if TYPE_CHECKING:
    from stories.realtime_scoring.story import Story

PARTS = {
    "features_ms": "reading what is known",
    "endpoint_ms": "the endpoint",
    "latency_ms": "arrival to score",
}
SHOWN = 20

DRAWING = Diagram(
    {
        "producer": Node((0, 1), "Producer", "replays what happened"),
        "stream": Node((1, 1), "Kinesis", "keeps the order"),
        "keep": Node((1, 0), "Lambda", "keep_features"),
        "features": Node((2, 0), "DynamoDB Features", "rows, counters, entries"),
        "lake": Node((3, 0), "S3 lake", "days before, references"),
        "score": Node((2, 1), "Lambda", "score_events"),
        "endpoint": Node((3, 1), "SageMaker endpoint", "the approved version"),
        "dead": Node((1, 2), "SQS dead letters", "with the reason"),
        "scores": Node((2, 2), "DynamoDB Scores", "each once"),
        "publish": Node((2, 3), "Lambda", "publish_scores"),
        "published": Node((3, 3), "Kinesis scores", "for whoever listens"),
        "review": Node((1, 3), "Step Functions", "waits for a verdict"),
        "person": Node((0, 3), "A person", "confirms or overrules"),
    },
    (
        Arrow("producer", "stream", "{sent:,}|events"),
        Arrow("stream", "keep", "{sent:,}|records"),
        Arrow("keep", "features", "{sent:,}|count once"),
        Arrow("lake", "features", "{items:,}|from before"),
        Arrow("stream", "score", "{asked:,}|to score"),
        Arrow("features", "score", "p50 {features_p50:,} ms|a batch"),
        Arrow("score", "endpoint", "p50 {endpoint_p50:,} ms|a batch"),
        Arrow("stream", "dead", "{dead}|dead letters"),
        Arrow("score", "scores", "{scored:,}|scores"),
        Arrow("scores", "publish", "{scored:,}|changes"),
        Arrow("publish", "published", "{scored:,}|scores"),
        Arrow("publish", "review", "{doubtful}|doubtful"),
        Arrow("review", "person", "{decided} decided|{overruled} overruled"),
    ),
)


def report(story: "Story", base: Report) -> Report:
    """``base`` with all that this story knows; what it has not come to is left out."""
    facts = story.facts
    estimate = cost.estimated(story.assembly, story.settings) if "stacks" in facts else None
    found = (
        _latency(story),
        _agreement(story),
        _planted(story),
        _outage(story),
        _dead(story),
        _reviews(story),
        cost.section(estimate) if estimate else None,
    )
    sections: Sequence[Section] = [section for section in found if section is not None]
    return replace(
        base,
        result=_result(facts, story.scenario.asked) or base.result,
        tiles=_tiles(facts, estimate),
        drawing=draw(DRAWING, _numbers(story)),
        sections=[*sections, *base.sections],
    )


def _result(facts: dict[str, Any], asked: str) -> str:
    if "latency_ms" not in facts:
        return ""
    half = facts["latency_ms"]["p50"]
    told = f"{facts['events']['asked']:,} {asked} were scored as they came, half of them within {half:,} ms"
    if "offline" in facts:
        told += f"; {facts['offline']['same']:,} of {facts['offline']['rows']:,} scores are those of the curated rows"
    if "outage" in facts:
        told += ", and an outage of the endpoint lost none"
    return f"{told}."


def _tiles(facts: dict[str, Any], estimate: Estimate | str | None) -> list[Tile]:
    found = []
    if "asked" in facts.get("events", {}):
        found.append(Tile(f"{facts['events']['asked']:,}", "events to score"))
    if "latency_ms" in facts:
        told = facts["latency_ms"]
        found.append(Tile(f"{told['p50']:,}/{told['p99']:,} ms", "p50/p99 from arrival to score, here"))
    if "offline" in facts:
        found.append(
            Tile(f"{facts['offline']['same'] / facts['offline']['rows']:.1%}", "of the scores are the batch's")
        )
    if "planted" in facts:
        found.append(Tile(f"{facts['planted']['recall']:.0%}", "of what was planted is found as it happens"))
        found.append(Tile(f"{facts['planted']['precision']:.0%}", "of the alerts are right"))
    if "reviews" in facts:
        found.append(Tile(f"{facts['reviews']['doubtful']}", "doubtful scores, for a person"))
    if isinstance(estimate, Estimate):
        found.append(Tile(f"${estimate.day:.2f}", f"a day for all stacks, idle, in {estimate.region}"))
    return found


def _numbers(story: "Story") -> dict[str, Any]:
    facts, scores = story.facts, story.live.scores
    found: dict[str, Any] = {
        **{name: facts.get("events", {}).get(name) for name in ("sent", "asked")},
        "items": facts.get("features", {}).get("items"),
        **{name: facts.get("reviews", {}).get(name) for name in ("doubtful", "decided", "overruled")},
        "scored": len(scores) or None,
        "dead": facts.get("dead_letters"),
        **{f"{name}_p50": _median(scores, f"{name}_ms") for name in ("features", "endpoint")},
    }
    return {name: value for name, value in found.items() if value is not None}


def _median(scores: Sequence[dict[str, Any]], name: str) -> int | None:
    return sorted(score[name] for score in scores)[len(scores) // 2] if scores else None


def _latency(story: "Story") -> Section | None:
    from stories.realtime_scoring.story import quantile  # noqa: PLC0415 - it imports this

    scores = story.live.scores
    if not scores:
        return None
    samples = [(told, [max(float(score[name]), 1.0) for score in scores]) for name, told in PARTS.items()]
    rows: list[tuple[str | float, ...]] = [
        (told, *(quantile(values, percent) for percent in (50, 90, 99)), max(values)) for told, values in samples
    ]
    whole = samples[-1][1]
    axes = charts.Axes("Milliseconds", "Percent of the scores", y_limits=(0, 101), x_log=True)
    finding = f"p50 {quantile(whole, 50):,.0f} ms, p99 {quantile(whole, 99):,.0f} ms from arrival to score."
    chart = charts.distribution("Share of scores that were there within a time", axes, samples, finding)
    prose = (
        "From the moment that the stream took an event to the one when its score was written. Reading what is known "
        "and asking the endpoint are of the whole batch that it came in; the rest is waiting for the batch before it."
    )
    head = ("Of it", "p50, ms", "p90, ms", "p99, ms", "longest, ms")
    return Section("Latency", prose, [chart, Table("Latency by part", head, rows, digits=0)])


def _agreement(story: "Story") -> Section | None:
    if not story.live.apart:
        return None
    axes = charts.Axes("Difference of the probabilities", "Percent of the rows", y_limits=(0, 101))
    largest = max(story.live.apart)
    finding = (
        f"{story.facts['offline']['same']:,} of {len(story.live.apart):,} are the same; the largest is {largest:.4f}."
    )
    chart = charts.distribution(
        "How far online scores are from offline ones", axes, [("rows", story.live.apart)], finding
    )
    prose = (
        "The same days were curated afterwards, and the endpoint asked about the table's rows. A score made as it "
        "happened may differ where the table knows more: what was still in the air, or not yet kept."
    )
    return Section("Agreement with the table", prose, [chart])


def _planted(story: "Story") -> Section | None:
    if not story.live.planted:
        return None
    told = story.facts["planted"]
    rows = [(kind, number, hit, 100 * hit / number) for kind, number, hit in story.live.planted]
    rows.append(("all", told["planted"], told["found"], 100 * told["recall"]))
    prose = (
        f"The generator knows what it has planted, and no event tells. Of {told['flagged']:,} alerts "
        f"{told['precision']:.0%} were right."
    )
    table = Table("What was planted, by kind", ("Kind", "Planted", "Found", "Found, %"), rows, digits=0)
    return Section("Planted, and found as it happened", prose, [table])


def _outage(story: "Story") -> Section | None:
    if not story.live.late:
        return None
    told = story.facts["outage"]
    dots = charts.Series("", [at for at, _ in story.live.late], [wait for _, wait in story.live.late])
    axes = charts.Axes("Seconds since the first event of the outage", "Seconds until its score", y_log=True)
    finding = f"{told['scored']:,} of {told['asked']:,} scored, the last after {told['longest_s']:.0f} s."
    span = max(at for at, _ in story.live.late) or 1.0
    chart = charts.timeline(
        "Events that came without an endpoint", axes, dots, [charts.Phase("outage", 0, span)], finding
    )
    prose = (
        "The endpoint was deleted, and events went on coming. The mapping called the function again and again, from "
        "the same record on, until the endpoint was back."
    )
    return Section("An outage", prose, [chart])


def _dead(story: "Story") -> Section | None:
    if not story.live.dead:
        return None
    table = Table("Dead letters", ("Consumer", "Reason", "Record"), story.live.dead)
    prose = (
        "What can never be scored is put aside by the function, with the record and the reason; the batch goes on."
    )
    return Section("What is no event", prose, [table])


def _reviews(story: "Story") -> Section | None:
    if "reviews" not in story.facts:
        return None
    told = story.facts["reviews"]
    prose = (
        f"{told['doubtful']} scores were doubtful: too near to the threshold, or of what cannot be. Each started a "
        f"review, which waits in Step Functions for a verdict. {told['decided']} were decided, {told['overruled']} of "
        "them overruled."
    )
    head = ("Row", "Probability", "Doubts", "Verdict")
    return Section("Reviews", prose, [Table("Verdicts", head, story.live.verdicts[:SHOWN], digits=3)])
