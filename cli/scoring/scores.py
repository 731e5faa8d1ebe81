"""``mlref scores``: what was scored as it happened, and how long that took."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.console import Console, Table, write_json
from cli.deployment import outputs
from cli.errors import UserError

scores = typer.Typer(no_args_is_help=True, help="Scores of events as they happened, and how long each took.")

# A score's attributes that say where its time went, and what each is
PARTS = {
    "features_ms": "reading what is known, with the wait for it",
    "endpoint_ms": "the endpoint, asked about the whole batch",
    "latency_ms": "from the event's arrival in the stream to the score",
}


@scores.command("list")
def list_scores(
    *,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="only those that a person was asked about")] = False,
    limit: Annotated[int, typer.Option(min=1, help="so many at most, the newest")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a score, with its inputs")] = False,
) -> None:
    """Show the newest scores. It reads the whole table: of millions, ask for one by its key.

    Examples:

      mlref scores list

      mlref scores list --doubtful --limit 5
    """
    found = [score for score in read_all() if score["doubts"] or not doubtful]
    newest = sorted(found, key=lambda score: -score["scored_at"])[:limit]
    if as_json:
        for score in newest:
            write_json(score)
        return
    table = Table("key", "probability", "decision", "ms", "review", "doubts")
    for score in newest:
        table.add_row(
            score["pk"],
            f"{score['probability']:.3f}",
            decision(score),
            f"{score['latency_ms']:,}",
            score.get("review", ""),
            "; ".join(score["doubts"]),
        )
    console = Console()
    console.print(table)
    console.print(f"{len(newest):,} of {len(found):,} scores", style="dim")


@scores.command()
def show(
    key: Annotated[str, typer.Argument(help="of the row, its parts joined by /")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Show one score: what it was made of, who decided, and where its time went.

    Examples:

      mlref scores show 2013-04-01/UA/1545/EWR
    """
    score = read_one(key)
    if as_json:
        write_json(score)
        return
    console = Console()
    console.print(f"{key}: {decision(score)}, probability {score['probability']:.3f}", soft_wrap=True)
    for doubt in score["doubts"]:
        console.print(f"doubtful: {doubt}", soft_wrap=True)
    if "review" in score:
        by = f" by {score['verdict_by']}" if "verdict_by" in score else ""
        console.print(f"review: {score['review']}{by}", soft_wrap=True)
    table = Table("ms", "of it")
    for name, told in PARTS.items():
        table.add_row(f"{score[name]:,}", told)
    console.print(table)
    arrived = datetime.fromtimestamp(score["arrived_at"], UTC).isoformat(timespec="milliseconds")
    console.print(f"arrived {arrived}; {score['variant']} of {score['config']}", soft_wrap=True)
    if score["behind"]:
        console.print("its features were not all kept yet", style="yellow")
    inputs = Table("input", "value")
    for name, value in score["inputs"].items():
        inputs.add_row(name, str(value))
    console.print(inputs)


def read_all() -> list[dict[str, Any]]:
    """All scores, in no order."""
    from cli.scoring.items import scan  # noqa: PLC0415 - keeps `--help` fast

    return list(scan(outputs().scores_table))


def read_one(key: str) -> dict[str, Any]:
    """Raises UserError when there is none."""
    from cli.scoring.items import item  # noqa: PLC0415

    found = item(outputs().scores_table, key)
    if found is None:
        raise UserError(
            f"there is no score of {key}: `mlref scores list` has them, `mlref dead-letters` what has none"
        )
    return found


def decision(score: dict[str, Any]) -> str:
    """``late`` or ``not late``; after a verdict that of the person."""
    ((name, value),) = score["decision"].items()
    return name if score.get("final", value) else f"not {name}"
