"""``mlref iam``: what roles and services have called in the local cloud, and what of their policies that needs."""

import json
import os
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from cli.console import Console, Table, styled, write_json
from cli.errors import UserError

if TYPE_CHECKING:
    from localcloud.iam.report import Report, Snapshot

iam = typer.Typer(
    no_args_is_help=True, help="Least privilege: calls of the local cloud against the deployed policies."
)


@iam.callback()
def _iam() -> None:
    """Keeps `report` a command of its own."""


@iam.command()
def report(
    recording: Annotated[
        Path | None,
        typer.Option(help="a recording, such as iam.json of `mlref demo`, instead of what the running cloud has"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable, on standard output")] = False,
) -> None:
    """Say who called what, which statement allowed it, and which statements nothing needed.

    Exit status 1 when a call was not allowed, or a statement is unused without a reason in the stack.

    Examples:

      mlref iam report

      mlref iam report --recording out/demo/iam.json --json
    """
    from localcloud.iam.evaluation import Simulator  # noqa: PLC0415 - keeps `--help` fast
    from localcloud.iam.report import Snapshot, as_dict, judge  # noqa: PLC0415

    told = record() if recording is None else _read(recording)
    if not told["recording"]:
        raise UserError("nothing was recorded, for the cloud found no node_modules: run `make setup` and start again")
    try:
        snapshot = Snapshot.from_dict(told)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise _no_recording(recording or "what the cloud tells", f"{type(error).__name__}: {error}") from None
    with Simulator() as simulator:
        found = judge(snapshot, simulator)
    if as_json:
        write_json(as_dict(found, snapshot), indent=2)
    else:
        _print(found, snapshot)
    if found.denied or found.unexplained:
        raise typer.Exit(1)


def _read(recording: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(recording.read_text("utf-8"))
        if not isinstance(told, dict) or "recording" not in told:
            raise ValueError("it says nothing of calls")
    except RecursionError:
        raise _no_recording(recording, "it is nested too deep") from None
    except (OSError, ValueError) as error:
        raise _no_recording(recording, str(error)) from None
    return told


def _no_recording(what: object, why: str) -> UserError:
    return UserError(f"{what} is no recording: {why}; `mlref demo` leaves one in out/demo/iam.json")


def record() -> dict[str, Any]:
    """What the local cloud has recorded, its policies, and the reasons of its stacks. Raises UserError without one."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast

    from localcloud.cloud import ACCOUNT  # noqa: PLC0415
    from localcloud.iam.report import reasons_of  # noqa: PLC0415
    from localcloud.origin import CLIENT  # noqa: PLC0415

    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if urlsplit(endpoint).hostname != "localhost":
        raise UserError("only a local cloud records calls: set AWS_ENDPOINT_URL to what `mlref up` printed")
    try:
        request = urllib.request.Request(f"{endpoint}/moto-api/iam", headers=CLIENT)  # noqa: S310 - localhost
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:  # ValueError: something else answers
        raise UserError(f"no local cloud answers at {endpoint}: start one with `mlref up`") from error
    return {**told, "reasons": reasons_of(boto3.client("cloudformation"), ACCOUNT)}


def _print(found: "Report", snapshot: "Snapshot") -> None:
    from localcloud.iam.report import describe, short  # noqa: PLC0415

    console = Console()
    table = Table("principal", "action", "resources", "calls", "allowed by", show_edge=False)
    rows: dict[tuple[str, str, str], list[int]] = {}
    for verdict in found.verdicts:
        if verdict.allowed:
            by = ", ".join(
                sorted({f"{item.policy or short(item.holder)}[{item.index}]" for item in verdict.statements})
            )
            key = short(verdict.call.caller.principal), verdict.call.action, by
            rows.setdefault(key, []).append(snapshot.calls[verdict.call])
    for (who, action, by), counts in sorted(rows.items()):
        table.add_row(who, action, str(len(counts)), f"{sum(counts):,}", by)
    console.print(table)
    for verdict in found.denied:
        console.print(styled(("✗", "red"), f" {verdict.message}"), soft_wrap=True)
    for statement in found.unused:
        reason = found.reasons.get(statement)
        mark = ("-", "yellow") if reason else ("✗", "red")
        text = f"unused: {describe(statement, snapshot.policies)}" + (f" ({reason})" if reason else "")
        console.print(styled(mark, f" {text}"), soft_wrap=True)
    calls = sum(snapshot.calls.values())
    console.print(
        f"{calls:,} calls, {len(found.denied)} not allowed; {len(found.used)} statements used, "
        f"{len(found.unused)} not, {len(found.unexplained)} of them without a reason.",
    )
