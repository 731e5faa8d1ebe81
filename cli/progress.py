"""Progress bars of long work."""

from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.console import Console, styled, visible
from cli.errors import UserError
from localcloud.assembly import DeploymentError, Target, deploy


def bars(console: Console, *, transient: bool = False, disable: bool = False) -> Progress:
    """The house's progress display: what, how far, how long.

    A transient one leaves no trace, a disabled one shows nothing.
    """
    return Progress(
        SpinnerColumn(finished_text=styled(("✓", "green"))),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=transient,
        disable=disable,
    )


def deploy_with_progress(
    assembly: Path, target: Target, console: Console, *, transient: bool = False
) -> dict[str, dict[str, str]]:
    """Deploy every stack of the assembly, one bar a stack; returns the outputs by stack.

    Raises UserError with CloudFormation's reasons when a stack fails.
    """
    with bars(console, transient=transient) as progress:
        tasks = {}

        def report(stack: str, done: int, total: int, status: str) -> None:
            if stack not in tasks:
                tasks[stack] = progress.add_task(visible(stack), total=total)
            finished = status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
            progress.update(tasks[stack], completed=total if finished else min(done, total - 1))

        try:
            return deploy(assembly, target, report)
        except DeploymentError as error:
            raise UserError(str(error)) from error
