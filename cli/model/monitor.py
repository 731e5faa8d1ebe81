"""``mlref monitor``: compare the endpoint's traffic with its baseline now, and read what came of it."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.console import Console, Part, Table, styled, write_json
from cli.deployment import outputs
from cli.errors import UserError
from cli.model.findings import CHECKS, Finding, newest
from cli.model.pipeline import follow

monitor = typer.Typer(no_args_is_help=True, help="Does the traffic still look like the training data?")

TITLES = {"data": "Requests and answers against the baseline", "quality": "Predictions against what came true"}
FROM = typer.Option("--from", help="look at what was captured since then: ISO 8601, in UTC unless it says otherwise")
TO = typer.Option("--to", help="and before then; by default now")


@monitor.command("run")
def run_monitoring(
    *,
    start: Annotated[str | None, FROM] = None,
    end: Annotated[str | None, TO] = None,
    wait: Annotated[bool, typer.Option(help="stay until it is over, and show the steps and the result")] = True,
) -> None:
    """Start the deployed monitoring pipeline.

    Without a window it looks at the last hours, as many as lie between two scheduled checks.

    Examples:

      mlref monitor run

      mlref monitor run --from 2026-11-20T06:00 --to 2026-11-21

      mlref monitor run --no-wait
    """
    from cli.model import sagemaker  # noqa: PLC0415 - keeps `--help` fast

    console = Console(stderr=True)
    looked_at = window(start, end)
    names = outputs()
    arn = sagemaker.start(names.monitoring_pipeline, looked_at)
    console.print(f"Execution {arn.rpartition('/')[2]} has started")
    if not wait:
        console.print(f"Look with `mlref pipeline status {arn}`", soft_wrap=True)
        return
    over = follow(arn, console, name=arn)
    if "Check" not in {step.name for step in over.steps}:
        console.print(f"Nothing was captured of endpoint {names.endpoint} in the window")
        return
    console.print()
    show(findings(), Console())


@monitor.command("report")
def report(
    *, as_json: Annotated[bool, typer.Option("--json", help="one JSON object, a member a check")] = False
) -> None:
    """Show what the newest checks found.

    Examples:

      mlref monitor report

      mlref monitor report --json
    """
    found = findings()
    if as_json:
        write_json({name: asdict(found[name]) for name in found})
    else:
        show(found, Console())


def findings() -> dict[str, Finding]:
    """The newest finding of each check. Raises UserError when there is none at all."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast

    names = outputs()
    found = newest(boto3.client("s3"), names.lake_bucket, names.endpoint)
    if not found:
        raise UserError(
            f"nothing has been monitored of endpoint {names.endpoint} yet: ask it with `mlref traffic`, then "
            "`mlref monitor run`"
        )
    return found


def window(start: str | None, end: str | None) -> dict[str, str]:
    """The pipeline's parameters of a window. Raises UserError.

    S3 tells the time of an object in whole seconds: the second that is passing is to be looked at, too.
    """
    until = moment("--to", end) if end is not None else datetime.now(UTC) + timedelta(seconds=1)
    times = {"WindowEnd": until}
    if start is not None:
        times["WindowStart"] = moment("--from", start)
        if times["WindowStart"] >= until:
            raise UserError("--from must be before --to")
    return {name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in times.items()}


def moment(option: str, text: str) -> datetime:
    """A time in UTC."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (OverflowError, ValueError):  # OverflowError: in UTC it is before the year 1 or after 9999
        raise UserError(f"{option} takes a time such as 2026-11-21T08:00, not {text!r}") from None


def show(found: dict[str, Finding], console: Console) -> None:
    """Findings as tables."""
    for check in CHECKS:
        if check in found:
            _show(found[check], console)


def _show(finding: Finding, console: Console) -> None:
    console.print(styled((TITLES[finding.check], "bold"), ": ", *_verdict(finding)))
    if finding.violations:
        table = Table("feature", "check", "what is wrong")
        for violation in finding.violations:
            table.add_row(violation["feature"], violation["check"], violation["description"])
        console.print(table)
    if drift := finding.report.get("drift"):
        console.print(_drift_table(drift))
    if finding.unjudged is None and "auc" in finding.report:
        rate = finding.report["label_rate"]
        console.print(
            f"AUC {finding.report['auc']:.3f}; the label holds for {rate['now']:.1%} of the rows, "
            f"{rate['baseline']:.1%} in the baseline",
        )
    console.print(f"{finding.written}  {finding.folder}", style="dim", soft_wrap=True)
    console.print()


def _verdict(finding: Finding) -> tuple[Part, ...]:
    if finding.violations:
        count = len(finding.violations)
        return (f"{count} violation{'s' if count > 1 else ''}", "red"), f" in {finding.rows:,} rows"
    if finding.unjudged is not None:
        return ("not judged", "yellow"), f": {finding.unjudged}"
    return ("no violation", "green"), f" in {finding.rows:,} rows"


def _drift_table(drift: dict[str, dict[str, object]]) -> Table:
    """Distances of the columns, the farthest in terms of its threshold first."""

    def excess(entry: dict[str, object]) -> float:
        method = entry["method"]
        return float(str(entry[f"{method}"])) / float(str(entry[f"{method}_threshold"]))

    table = Table("column", "distance", "threshold", "mean before", "mean now", "", title="Drift")
    for column in range(1, 5):
        table.columns[column].justify = "right"
    for name, entry in sorted(drift.items(), key=lambda item: -excess(item[1])):
        method = entry["method"]
        table.add_row(
            name,
            f"{method} {entry[f'{method}']}",
            str(entry[f"{method}_threshold"]),
            _number(entry["baseline_mean"]),
            _number(entry["mean"]),
            styled(("drifted", "red")) if entry["drifted"] else "",
        )
    return table


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else ""
