"""Progress bars of long work."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from localcloud.assembly import Target, deploy


def bars(console: Console) -> Progress:
    """The house's progress display: what, how far, how long."""
    return Progress(
        SpinnerColumn(finished_text="[green]✓[/green]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def deploy_with_progress(assembly: Path, target: Target, console: Console) -> dict[str, dict[str, str]]:
    """Deploy every stack of the assembly, one bar a stack; returns the outputs by stack."""
    with bars(console) as progress:
        tasks = {}

        def report(stack: str, done: int, total: int, status: str) -> None:
            if stack not in tasks:
                tasks[stack] = progress.add_task(stack, total=total)
            finished = status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
            progress.update(tasks[stack], completed=total if finished else min(done, total - 1))

        return deploy(assembly, target, report)
