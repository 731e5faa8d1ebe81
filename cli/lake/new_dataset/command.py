"""The command, its options and its questions."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.console import Console, styled
from cli.errors import UserError

FEW_ROWS = 12_000  # of a month of fewer, the demo's usual 1 % of dirt is next to nothing


def new_dataset(
    file: Annotated[Path, typer.Argument(help="a table: .csv, .parquet or .json (a list of objects, or one a line)")],
    *,
    name: Annotated[
        str | None, typer.Option(help="of the dataset: a-z and digits; by default that of the file")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="columns that identify a row, such as A,B; - for its number")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="column that says when it happened; - to spread the rows over a year")
    ] = None,
    label: Annotated[str | None, typer.Option(help="column to predict")] = None,
    positive: Annotated[str | None, typer.Option(help="value of it that means true")] = None,
    above: Annotated[float | None, typer.Option(help="number above which it means true")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="take every guess and ask nothing")] = False,
) -> None:
    """Make a dataset of a table: look at a sample, and write the folder datasets/NAME.

    The folder has a contract, features, curation, queries, a producer and a scenario, and the sample itself. All of it
    is a guess to begin with: look where the contract and the modules say CHECK. What is not given and cannot be known
    is asked for on a terminal.

    Examples:

      mlref new-dataset titanic.csv --label survived

      mlref new-dataset wine.parquet --label target --positive 1 --yes

      mlref new-dataset visits.json --key clinic,visit --time admitted --label days --above 7
    """
    # reading tables takes a second to import, and --help answers at once
    from cli.lake.new_dataset.answers import Answers, plan_of  # noqa: PLC0415
    from cli.lake.new_dataset.folder import write  # noqa: PLC0415
    from cli.lake.new_dataset.told import told  # noqa: PLC0415
    from contracts.store import DATASETS  # noqa: PLC0415

    if positive is not None and above is not None:
        raise UserError("give one of --positive and --above")
    console = Console(stderr=True)
    answers = Answers(name, key, time, label, positive, above, ask=_taken if yes else _asked)
    plan = plan_of(file, answers, DATASETS)
    folder = write(plan, DATASETS)
    for line in told(plan):
        console.print(line, soft_wrap=True)
    console.print(
        styled((f"\n{folder.relative_to(DATASETS.parent)} is written: ", "bold"), "look where it says CHECK, then")
    )
    dirt = " --dirt 0.1" if len(plan.label.known) < FEW_ROWS else ""
    console.print(f"  mlref demo --dataset {plan.name}{dirt}")


def _taken(option: str, question: str, guess: str) -> str:
    if not guess and option in ("--label", "--name"):
        raise UserError(f"nothing tells what {option} is: give it")
    return guess


def _asked(option: str, question: str, guess: str) -> str:
    if not sys.stdin.isatty():
        told = f"or --yes to take the guess {guess!r}" if guess else "for there is no terminal to ask on"
        raise UserError(f"{question}? Give {option}, {told}")
    answer: str = typer.prompt(question, default=guess, show_default=bool(guess), err=True)
    return answer
