"""From a file and what is known of it to a plan: what is not known is guessed, and the guess confirmed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cli.errors import UserError
from cli.lake.new_dataset import guess, labels, sample
from cli.lake.new_dataset.columns import Column, columns_of
from cli.lake.new_dataset.days import few_days, times_of
from cli.lake.new_dataset.plan import Plan, made

NONE = "-"  # the answer that there is no such column


@dataclass(frozen=True)
class Answers:
    """What was given; None for what was not. See `mlref new-dataset --help`.

    Attributes:
        ask: called with the option, a question and a guess ('' for none); returns the answer, or raises UserError.
    """

    name: str | None
    key: str | None
    time: str | None
    label: str | None
    positive: str | None
    above: float | None
    ask: Callable[[str, str, str], str]

    def of(self, option: str, question: str, guessed: str) -> str:
        """What was given for the option; asked for otherwise."""
        given: str | None = getattr(self, option.lstrip("-"))
        return given if given is not None else self.ask(option, question, guessed)


def plan_of(file: Path, answers: Answers, datasets: Path) -> Plan:
    """Raises UserError for what cannot become a dataset."""
    taken = [path.name for path in datasets.iterdir()]
    if answers.name is not None:
        guess.check_name(answers.name, taken)  # before a long file is read
    columns = columns_of(sample.read(file))
    name = answers.of("--name", "Name of the dataset", guess.name_of(file.stem))
    guess.check_name(name, taken)
    label = _label(columns, answers)
    others = [column for column in columns if column is not label.source]
    key = _key(others, answers)
    time = _time([column for column in others if column not in key], answers)
    return made(
        name,
        file.name,
        columns=columns,
        key=tuple(column.name for column in key),
        time=time,
        seconds=times_of(time) if time is not None else np.array([], np.int64),
        label=label,
    )


def _label(columns: list[Column], answers: Answers) -> labels.Label:
    guessed = labels.guessed(columns)
    asked = answers.of("--label", "Column to predict", str(guessed.source) if guessed else "")
    source = guess.column_of(columns, "--label", asked)
    if not source.counts or len(source.counts) == 1:
        raise UserError(f"--label {asked}: a column with one value, or none, is nothing to predict")
    positive, above = answers.positive, answers.above
    if labels.needs_positive(source) and positive is None and above is None:
        if source.is_number and len(source.counts) > 2:
            median = f"{float(np.nanmedian(source.numbers)):g}"
            above = _number(answers.ask("--above", f"Above which number is {asked} true", median))
        else:
            positive = answers.ask("--positive", f"Which value of {asked} is true", labels.likely_positive(source))
    label = labels.label_of(source, positive, above)
    label.check()
    return label


def _key(columns: list[Column], answers: Answers) -> list[Column]:
    guessed = guess.likely_key(columns)
    question = f"Columns that identify a row, such as A,B ({NONE} for its number)"
    asked = answers.of("--key", question, str(guessed.source) if guessed else NONE)
    if asked.strip() in ("", NONE):
        return []
    key = [guess.column_of(columns, "--key", name.strip()) for name in asked.split(",")]
    if (reason := guess.unfit(key)) is not None:
        raise UserError(f"--key {asked}: {reason}; give other columns, or --key {NONE} for the number of the row")
    return key


def _time(columns: list[Column], answers: Answers) -> Column | None:
    guessed = guess.likely_time(columns)
    question = f"Column that says when it happened ({NONE} to spread the rows over a year)"
    asked = answers.of("--time", question, str(guessed.source) if guessed else NONE)
    if asked.strip() in ("", NONE):
        return None
    time = guess.column_of(columns, "--time", asked)
    if (reason := few_days(times_of(time))) is not None:
        raise UserError(f"--time {asked}: {reason}; give --time {NONE} to spread the rows over a year")
    return time


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"--above takes a number, not {text!r}") from None
