"""``mlref predict``: ask the endpoint about an event, a file of events, or a row of the curated table."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import Console, Table, write_json
from cli.deployment import Outputs, outputs
from cli.errors import UserError
from cli.model.runtime import RefusedError, Runtime

if TYPE_CHECKING:
    from contracts import Table as ContractTable

Prediction = tuple[
    dict[str, Any], dict[str, Any], str
]  # (which event it is of, what was predicted, by which variant)
ROWS = 500  # in a request; far below the endpoint's 6 MB


def predict(
    event: Annotated[
        str | None, typer.Argument(help="a JSON object, in quotes; - reads it from standard input")
    ] = None,
    *,
    file: Annotated[
        Path | None, typer.Option(help="events to ask about: .json, .jsonl or .csv with a header")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="a row of the curated table: the parts of its key, joined by /")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object an answer")] = False,
    dataset: Annotated[str | None, typer.Option(help="whose rows; by default those of the deployed dataset")] = None,
) -> None:
    """Ask the deployed model.

    An event has what is known when it is asked about: the inputs of the dataset's features, as in the curated table.

    Examples:

      mlref predict --key 2013-04-01/UA/1545/EWR

      mlref predict --file departures.csv --json

      mlref predict '{"carrier": "UA", "origin": "EWR", "dest": "IAH", "distance": 1400, ...}'
    """
    if sum(item is not None for item in (event, file, key)) != 1:
        raise UserError("give one of: an event, --file or --key")
    rows = _rows(file, lambda: dataset or outputs().dataset) if file is not None else []
    if key is not None:
        from cli.model.rows import parse_key  # noqa: PLC0415 - keeps `--help` fast

        parse_key(dataset or outputs().dataset, key)  # what is wrong with it is said before the endpoint is asked for
    names = outputs()
    runtime = Runtime(names.endpoint)
    if key is not None:
        found = _of_row(runtime, names, dataset or names.dataset, key)
    else:
        found = _of_rows(runtime, rows) if event is None else _of_event(runtime, event)
    answers = [{**labels, **prediction, "variant": variant} for labels, prediction, variant in found]
    if as_json:
        for answer in answers:
            write_json(answer)
    else:
        Console().print(table(answers))


def table(answers: list[dict[str, Any]]) -> Table:
    """Answers, a row each."""
    names = list(dict.fromkeys(name for answer in answers for name in answer))
    shown = Table(*names)
    for answer in answers:
        shown.add_row(*(_shown(answer.get(name)) for name in names))
    return shown


def read_file(path: Path, contract: "Callable[[], ContractTable]") -> list[Any]:
    """The events in a file. What is wrong with one of them is left to the model to say.

    In CSV an empty field is missing, and a column has the type that the contract gives it. Raises UserError.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    if path.suffix == ".csv":
        return list(_csv_rows(path, text, contract()))
    if path.suffix not in (".json", ".jsonl"):
        raise UserError(f"{path}: a file of events is .json, .jsonl or .csv")
    lines = [(f"{path}:{number}", line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    rows: list[Any] = []
    for place, document in [(str(path), text)] if path.suffix == ".json" else lines:
        try:
            value = json.loads(document)
        except RecursionError:
            raise UserError(f"{place}: nested too deep for an event") from None
        except ValueError as error:  # also a number of more digits than Python reads
            raise UserError(f"{place}: not JSON: {error}") from None
        if isinstance(value, dict) and isinstance(value.get("instances"), list):
            value = value["instances"]
        rows += value if isinstance(value, list) else [value]
    return rows


def _rows(file: Path, dataset: Callable[[], str]) -> list[Any]:
    from contracts import load  # noqa: PLC0415 - keeps `--help` fast

    rows = read_file(file, lambda: load(dataset()).curated)
    if not rows:
        raise UserError(f"{file} has no events")
    return rows


def _of_row(runtime: Runtime, names: Outputs, dataset: str, key: str) -> Iterator[Prediction]:
    from cli.model.rows import row_of  # noqa: PLC0415 - keeps `--help` fast

    found = row_of(names, dataset, key)
    answer = runtime.ask(found.body, found.key)
    yield {"key": found.key}, answer.predictions[0], answer.variant


def _of_event(runtime: Runtime, event: str) -> Iterator[Prediction]:
    answer = runtime.ask(
        (sys.stdin.read() if event == "-" else event).encode()
    )  # the model says what is wrong with it
    yield from (({}, prediction, answer.variant) for prediction in answer.predictions)


def _of_rows(runtime: Runtime, rows: list[Any]) -> Iterator[Prediction]:
    for start in range(0, len(rows), ROWS):
        chosen = rows[start : start + ROWS]
        try:
            answer = runtime.ask(_body(chosen))
        except RefusedError as error:  # it counts the rows of this request
            raise UserError(f"of {len(chosen)} rows from row {start} on: {error}" if start else str(error)) from error
        for number, prediction in enumerate(answer.predictions, start):  # from 0, as the model counts in its reasons
            yield {"row": number}, prediction, answer.variant


def _body(rows: list[Any]) -> bytes:
    try:
        return json.dumps(rows).encode()
    except RecursionError:
        raise UserError("an event is nested too deep to be sent") from None


def _csv_rows(path: Path, text: str, contract: "ContractTable") -> Iterator[dict[str, Any]]:
    from contracts.texts import parsed  # noqa: PLC0415 - keeps `--help` fast

    kinds = {column.name: column.type for column in (*contract.columns, *contract.partition_keys)}
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise UserError(f"{path}:{reader.line_num}: expected {len(reader.fieldnames or ())} fields")
            yield {
                name: value
                for name, field in row.items()
                if (value := parsed(field, kinds.get(name, "string"))) is not None
            }
    except csv.Error as error:
        raise UserError(f"{path}:{reader.line_num + 1}: not CSV: {error}") from None


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)
