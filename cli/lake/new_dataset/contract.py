"""contract.odcs.yaml of the folder: two tables, with comments where a human must look."""

import json
from collections.abc import Iterable

import numpy as np

from cli.lake.new_dataset.columns import EACH_VALUE, Column
from cli.lake.new_dataset.plan import Plan

LOGICAL = {"int": "integer", "bigint": "integer", "double": "number", "timestamp": "date"}
OF_THE_SAMPLE = 0.5  # of the sample's completeness that every run must have


def contract(plan: Plan) -> str:
    """The document."""
    return "\n".join((*_head(plan), *_events(plan), "", *_curated(plan))) + "\n"


def _head(plan: Plan) -> Iterable[str]:
    rows, days = len(plan.label.known), plan.days
    if plan.time is None:
        when = (
            f"The file has no times, so its rows are spread over {days.year} in an order by chance: a file without "
            "times is often sorted by what is to be predicted."
        )
    else:
        left = rows - int(days.kept.sum())
        when = f"Event time is {plan.time!r}, taken for UTC where it has no zone."
        when += f" {left:,} rows of other years than {days.year} are left out." if left else ""
    return (
        f"# Made by `mlref new-dataset` of {rows:,} rows of {_shown(plan.file)}.",
        "# It is a guess: look where it says CHECK.",
        "# Open Data Contract Standard v3 (https://bitol-io.github.io/open-data-contract-standard/).",
        "apiVersion: v3.0.2",
        "kind: DataContract",
        f"id: {plan.name}",
        f"name: {_text(plan.name.capitalize())}",
        "version: 0.1.0",
        "status: draft # CHECK: active, once the rest is right",
        "domain: unknown # CHECK",
        "description:",
        "  # CHECK: what is it for, and what must nobody do with it?",
        f"  purpose: {_text(f'Tell {plan.label.meaning}.')}",
        f"  usage: {_text(f'Each row of {_shown(plan.file)} is one event. {when}')}",
        "customProperties:",
        f"  - {{property: models, value: {_text(f'Models that tell {plan.label.meaning}')}}}",
        "schema:",
    )


def _events(plan: Plan) -> Iterable[str]:
    yield from _table(plan.events, f"Rows of {_shown(plan.file)} as events", "raw", "events")
    yield from (
        "    properties:",
        *_property("event_id", "string", "Identifies the event; a redelivered event has the same one", key=1),
        '        logicalTypeOptions: {pattern: "^.{8,64}$"}',
        *_property("event_time", "timestamp", f"When it happened (UTC){_of_time(plan)}", required=True),
        *_property("record_date", "string", "UTC date of event_time as yyyy-MM-dd", required=True, logical="date"),
        "        logicalTypeOptions: {format: yyyy-MM-dd}",
    )
    for column in plan.columns:
        yield from _event_column(plan, column)
    yield from (
        *_property("event_type", "string", "What happened", required=True, partition=1),
        "        customProperties:",
        "          - {property: enum, value: [record]}",
        *_property("event_date", "string", "UTC date of event_time as yyyy-MM-dd", True, partition=2, logical="date"),
        "        logicalTypeOptions: {format: yyyy-MM-dd}",
    )


def _event_column(plan: Plan, column: Column) -> Iterable[str]:
    dated = column.type == "date"
    required = not column.missing
    kind = "string" if dated else column.type
    yield from _property(column.name, kind, _about(plan, column), required, logical="date" if dated else None)
    if dated:
        yield "        logicalTypeOptions: {format: yyyy-MM-dd}"
    if column.bounds is not None:
        low, high = (_number(value) for value in column.bounds)
        told = f"the sample has {min(column.counts):.6g} to {max(column.counts):.6g}"
        yield f"        logicalTypeOptions: {{minimum: {low}, maximum: {high}}} # CHECK: {told}"
    custom = _custom(plan, column)
    if column.enum:
        values = ", ".join(_text(value) for value in column.enum)
        custom.append(
            f"{{property: enum, value: [{values}]}} # CHECK: each is in {EACH_VALUE} rows; others are refused"
        )
    yield from _customs(custom)


def _curated(plan: Plan) -> Iterable[str]:
    label = plan.label
    yield from _table(plan.name, "One row a record, with its label", "curated", "curated")
    yield "    quality: # CHECK: what must hold of the rows of every run?"
    for description, rule in _rules(plan):
        yield "      - type: custom"
        yield "        engine: awsGlueDataQuality"
        yield f"        description: {_text(description)}"
        yield f"        implementation: {_single(rule)}"
    yield "    properties:"
    yield from _property("record_date", "date", "UTC date of event_time", required=True)
    yield from _property("event_time", "timestamp", f"When it happened (UTC){_of_time(plan)}", required=True)
    for column in plan.columns:
        position = plan.key.index(column.name) + 1 if column.name in plan.key else None
        labelled = column is label.source and label.replaces
        about = f"{label.meaning[0].upper()}{label.meaning[1:]}" if labelled else _about(plan, column)
        kind = "boolean" if labelled else column.type
        required = not column.missing and not labelled
        yield from _property(column.name, kind, about, required, key=position)
        yield from _customs(_custom(plan, column))
    if not label.replaces:
        yield from _property(label.name, "boolean", f"{label.meaning[0].upper()}{label.meaning[1:]}")
        yield from _customs(["{property: leaks, value: true}", "{property: label, value: true}"])
    yield from _property("month", "string", "Month of record_date as yyyy-MM", required=True, partition=1)
    yield from _property("day", "string", "record_date as yyyy-MM-dd", required=True, partition=2)


def _rules(plan: Plan) -> Iterable[tuple[str, str]]:
    """Description and DQDL of each rule: true of the sample, and of a run of few rows too."""
    yield "something was read", "RowCount > 0"
    yield "one row a key", f"IsPrimaryKey {' '.join(f'{chr(34)}{name}{chr(34)}' for name in plan.key)}"
    yield "every row has a day", 'IsComplete "record_date"'
    inputs = [column for column in plan.columns if column.name in plan.inputs]
    for column in inputs:
        if column.bounds is not None:
            low, high = (_number(value) for value in (column.bounds[0] - 1, column.bounds[1] + 1))
            rule = f'ColumnValues "{column.name}" between {low} and {high} where "{column.name} is not null"'
            yield f"{column.name} is plausible", rule
    for column in inputs:
        if 0 < column.missing < column.rows / 2:
            share = OF_THE_SAMPLE * (1 - column.missing / column.rows)
            yield (
                f"{column.name} comes (it does in {1 - column.missing / column.rows:.0%} of the sample)",
                (f'Completeness "{column.name}" > {share:.2f}'),
            )


def _table(name: str, description: str, zone: str, role: str) -> Iterable[str]:
    return (
        f"  - name: {name}",
        f"    physicalName: {name}",
        "    logicalType: object",
        "    physicalType: table",
        f"    description: {_text(description)}",
        "    customProperties:",
        f"      - {{property: location, value: {zone}/{name}}}",
        "      - {property: format, value: parquet}",
        "      - {property: eventTime, value: event_time}",
        f"      - {{property: role, value: {role}}}",
    )


def _property(
    name: str,
    kind: str,
    description: str,
    required: bool = False,
    *,
    key: int | None = None,
    partition: int | None = None,
    logical: str | None = None,
) -> Iterable[str]:
    yield f"      - name: {name}"
    yield f"        logicalType: {logical or LOGICAL.get(kind, kind)}"
    yield f"        physicalType: {kind}"
    yield f"        description: {_text(description)}"
    if required or key is not None:
        yield "        required: true"
    if key is not None:
        yield "        primaryKey: true"
        yield f"        primaryKeyPosition: {key}"
    if partition is not None:
        yield "        partitioned: true"
        yield f"        partitionKeyPosition: {partition}"


def _custom(plan: Plan, column: Column) -> list[str]:
    custom = []
    if column.personal is not None:
        custom.append(f"{{property: personal, value: {_text(column.personal)}}} # CHECK: suspected; who may see it?")
    if column is plan.label.source or column.name in plan.chosen.leaks:
        custom.append("{property: leaks, value: true}")
    if column is plan.label.source and plan.label.replaces:
        custom.append("{property: label, value: true}")
    return custom


def _customs(custom: list[str]) -> Iterable[str]:
    return ("        customProperties:", *(f"          - {entry}" for entry in custom)) if custom else ()


def _about(plan: Plan, column: Column) -> str:
    if column.source is None:
        return f"Number of the row in {_shown(plan.file)}; it has no key of its own"
    told = f"Column {_shown(column.source)} of {_shown(plan.file)}"
    if column.missing:
        told += f"; missing in {column.missing:,} of {column.rows:,} rows"
    reason = plan.chosen.left_out.get(column.name)
    return f"{told}; no feature: {reason}" if reason else told


def _of_time(plan: Plan) -> str:
    return f": column {_shown(plan.time)} of {_shown(plan.file)}" if plan.time is not None else ": made up, see usage"


def _shown(name: str) -> str:
    """A name of the file's, short and on one line."""
    line = "".join(letter if letter.isprintable() else "?" for letter in name)
    return f"'{line[:60]}'" if not line.replace(".", "").replace("_", "").replace("-", "").isalnum() else line[:60]


def _text(text: str) -> str:
    """A YAML text in double quotes, which JSON's are
    (https://yaml.org/spec/1.2.2/, "every JSON file is also a valid YAML file")."""
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    """Without an exponent, which YAML 1.1 takes for text where it has no dot (https://yaml.org/type/float.html)."""
    return np.format_float_positional(float(f"{value:.15g}"), trim="-")  # 0.9 - 1 is -0.1 for a reader


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
