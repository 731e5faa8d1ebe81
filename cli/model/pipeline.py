"""``mlref pipeline``: train a model of the curated table, and look how far it is."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import Console, Part, Table, styled, write_lines
from cli.deployment import outputs
from cli.errors import UserError
from localcloud.processes.supervisor import remaining

if TYPE_CHECKING:
    from cli.model.sagemaker import Execution, Step

pipeline = typer.Typer(no_args_is_help=True, help="Train a model of the curated table, and register it.")

INTERRUPTED = 130  # as shells report SIGINT
COLOURS = {"Succeeded": "green", "Failed": "red", "Stopped": "yellow"}
EXECUTION = typer.Argument(
    help="id of an execution of the training pipeline, or ARN of one of any; by default the newest training"
)


@pipeline.command("start")
def start_pipeline(
    *,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE of a pipeline parameter; repeatable")
    ] = None,
    wait: Annotated[bool, typer.Option(help="stay until it is over, and show the steps")] = True,
) -> None:
    """Start the deployed training pipeline.

    Parameters not given keep the defaults of the settings. Ctrl-C ends the waiting, not the training.

    Examples:

      mlref pipeline start

      mlref pipeline start -p WindowEnd=2013-03-31 -p MinimumTemporalAuc=0.65

      mlref pipeline start --no-wait
    """
    from cli.model import sagemaker  # noqa: PLC0415 - keeps `--help` fast

    console = Console(stderr=True)
    given = parse_parameters(parameter or [])
    arn = sagemaker.start(outputs().training_pipeline, given)
    identifier = arn.rpartition("/")[2]
    console.print(f"Execution {identifier} has started")
    if wait:
        follow(arn, console)
    else:
        console.print(f"Look with `mlref pipeline status {identifier}`")


@pipeline.command()
def status(execution: Annotated[str | None, EXECUTION] = None) -> None:
    """Say how an execution stands, and why it failed.

    Examples:

      mlref pipeline status

      mlref pipeline status 4ab1c2d3e4f5
    """
    found = _read(execution)
    running = [step.name for step in found.steps if step.status not in COLOURS]
    doing = f", running {', '.join(running)}" if running else ""
    console = Console()
    console.print(styled(f"Execution {found.id}: ", _coloured(found.status), doing))
    if found.status == "Failed":
        console.print(found.why, soft_wrap=True)
    if found.package_arn:
        console.print(f"Registered {found.package_arn}", soft_wrap=True)


@pipeline.command()
def steps(execution: Annotated[str | None, EXECUTION] = None) -> None:
    """List the steps of an execution that have begun.

    Examples:

      mlref pipeline steps
    """
    Console().print(step_table(_read(execution).steps))


@pipeline.command()
def logs(
    step: Annotated[str, typer.Argument(help="name of the step, such as Train")],
    execution: Annotated[str | None, EXECUTION] = None,
) -> None:
    """Print the log of a step's job.

    Examples:

      mlref pipeline logs Train

      mlref pipeline logs Preprocess 4ab1c2d3e4f5
    """
    from cli.model import sagemaker  # noqa: PLC0415

    found = _read(execution)
    jobs = {item.name: item.job_arn for item in found.steps}
    if step not in jobs:
        begun = ", ".join(jobs) or "none"
        raise UserError(f"execution {found.id} has not begun a step {step!r}: begun are {begun}")
    job = jobs[step]
    if job is None:
        raise UserError(f"step {step} runs no job, so it has no log: see `mlref pipeline steps {found.id}`")
    write_lines(sagemaker.log_lines(job))


def parse_parameters(given: list[str]) -> dict[str, str]:
    """``["A=1"]`` as ``{"A": "1"}``. Raises UserError."""
    found = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not name or not equals:
            raise UserError(f"--parameter takes NAME=VALUE, not {item!r}")
        found[name] = value
    return found


def follow(arn: str, console: Console, name: str | None = None) -> "Execution":
    """Show the steps until the execution is over.

    Args:
        name: what `mlref pipeline status` knows it by; of the training pipeline its id.

    Raises UserError with the reason of the failed step; typer.Exit when interrupted, and the execution runs on.
    """
    from rich.live import Live  # noqa: PLC0415

    from cli.model import sagemaker  # noqa: PLC0415

    identifier = name or arn.rpartition("/")[2]
    try:
        with remaining(f"execution {identifier} goes on"), Live(console=console, refresh_per_second=4) as live:
            over = sagemaker.wait(arn, lambda execution: live.update(step_table(execution.steps)))
    except KeyboardInterrupt:
        console.print(
            f"Execution {identifier} goes on: look with `mlref pipeline status {identifier}`, stop it with "
            f"`aws sagemaker stop-pipeline-execution --pipeline-execution-arn {arn}`",
            soft_wrap=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    if over.status != "Succeeded":
        raise UserError(f"execution {over.id} {over.status.lower()}: {over.why}")
    if over.package_arn:
        version = over.package_arn.rpartition("/")[2]
        console.print(
            f"Registered {over.package_arn}; approve it with `mlref models approve {version}`",
            soft_wrap=True,
        )
    return over


def step_table(steps: "tuple[Step, ...]") -> Table:
    """Steps with status, seconds and what there is to say."""
    table = Table("step", "status", "seconds", "note")
    table.columns[2].justify = "right"
    for step in steps:
        table.add_row(step.name, styled(_coloured(step.status)), f"{step.seconds:.1f}", step.note)
    return table


def _coloured(status: str) -> Part:
    return status, COLOURS.get(status, "cyan")


def _read(execution: str | None) -> "Execution":
    from cli.model import sagemaker  # noqa: PLC0415

    return sagemaker.read(sagemaker.find_execution(outputs().training_pipeline, execution))
