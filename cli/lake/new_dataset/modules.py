"""The Python modules of the folder, as somebody would have written them."""

import json
import textwrap
from collections.abc import Iterable
from datetime import timedelta

from cli.lake.new_dataset.columns import Column
from cli.lake.new_dataset.features import GROUPS
from cli.lake.new_dataset.plan import Plan

WIDTH = 116
CLOCK = {
    "day_of_week": '(columns["record_date"] + 3) % 7,  # Monday is 0; 1970-01-01 was a Thursday',
    "hour": 'columns["event_time"] // 3600 % 24,',
}


def modules(plan: Plan) -> dict[str, str]:
    """Source by the name of the module."""
    return {
        "features.py": _features(plan),
        "curation.py": _curation(plan),
        "producer.py": _producer(plan),
        "scenario.py": _scenario(plan),
    }


def _features(plan: Plan) -> str:
    kinds = sorted({item.code.partition("(")[0] for item in plan.chosen.features})
    dataset = [
        "contract=CONTRACT,",
        f"table=load(CONTRACT).table({_literal(plan.name)}),",
        "inputs=INPUTS,",
        "features=FEATURES,",
        *(["derive=derive,"] if plan.clock else []),
        *_comparisons(plan),
        'order_by="record_date",',
        f"decision={_literal(plan.label.name)},",
        "suspicious_auc=1.0,  # CHECK: an AUC that honest features cannot reach; above it training stops",
    ]
    return f'''"""Features of a record: the one source for training, evaluation, monitoring and the endpoint.

CHECK: everything here must be known when the endpoint is asked; what is known later is marked `leaks` in the contract.
"""

from contracts import load
from processing.dataset import {"Columns, " if plan.clock else ""}Dataset
from processing.encoding import {", ".join(kinds)}

CONTRACT = {_literal(plan.name)}

INPUTS = (
{_lines(f"{_literal(name)}," for name in plan.inputs)}
)

{_left_out(plan)}FEATURES = (
{_lines(f"{item.code}," for item in plan.chosen.features)}
)

{_derive(plan)}DATASET = Dataset(
{_lines(dataset)}
)
'''


def _derive(plan: Plan) -> str:
    if not plan.clock:
        return ""
    body = _lines((f'"{name}": {CLOCK[name]}' for name in plan.clock), 8)
    told = " and ".join({"day_of_week": "day of the week", "hour": "hour (UTC)"}[name] for name in plan.clock)
    return f'''
def derive(columns: Columns) -> Columns:
    """{told[0].upper()}{told[1:]} of the record."""
    return {{
{body}
    }}


'''


def _comparisons(plan: Plan) -> list[str]:
    """Groups to compare, and what a prediction without ML would go by."""
    categories = plan.chosen.categories
    groups = [item.input for item in categories if item.width <= GROUPS][:2]
    best = [item.input for item in categories[:1]]
    return [
        *([f"groups={_tuple(groups)},  # CHECK: of whom must the model be fair?"] if groups else []),
        *([f"baseline={_tuple(best)},  # the prediction to beat: the mean label of each"] if best else []),
    ]


def _left_out(plan: Plan) -> str:
    told = [f"{name}: {reason}" for name, reason in plan.chosen.left_out.items()]
    if plan.chosen.cut:
        told.append(f"{', '.join(plan.chosen.cut)}: for want of rows, of which a column of the matrix needs ten")
    if not told:
        return ""
    return "# CHECK: no features are\n" + "".join(
        textwrap.fill(line, WIDTH, initial_indent="# - ", subsequent_indent="#   ", break_long_words=False) + "\n"
        for line in told
    )


def _curation(plan: Plan) -> str:
    return f'''"""Records to curated rows: the latest event of each key, with its label."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from contracts import load
from processing.glue.curation import first, newest_first, partitioned

CONTRACT = load({_literal(plan.name)})
EVENTS, ROWS = CONTRACT.events, CONTRACT.curated

DAY = "record_date"
EVENT_DAYS_AFTER = 0  # it is the date of the event time
HISTORY_DAYS = 0  # nothing is looked back on


def rows_of(events: DataFrame) -> DataFrame:
    """One row a key of ``events`` (conformed): delivery is at least once, the latest event of a day wins."""
    return first(events, (DAY, *ROWS.primary_key), newest_first(EVENTS)).withColumn("opened", F.lit(True))


def curate(rows: DataFrame, days: Collection[date], reference: Mapping[str, DataFrame]) -> DataFrame:
    """Rows of the curated table for ``days``: the contract's columns, then its partition keys."""
{_labelled(plan)}
'''


def _labelled(plan: Plan) -> str:
    label = plan.label
    kept = "rows.filter(F.col(DAY).isin(list(days)))"
    if label.source.type == "boolean":
        return f"    return partitioned({kept}, DAY, ROWS)"
    value = _literal(label.value) if isinstance(label.value, str) else repr(label.value)
    condition = f"F.col({_literal(label.source.name)}) {'>' if label.above else '=='} {value}"
    return (
        f"    kept = {kept}\n"
        f"    labelled = kept.withColumn({_literal(label.name)}, {condition})\n"
        "    return partitioned(labelled, DAY, ROWS)"
    )


def _producer(plan: Plan) -> str:
    return f'''"""Rows of the sample as events: a record of each, at its event time."""

from pathlib import Path

from datasets.sampled import Sampled

YEAR = {plan.days.year}
PARTITION = {_tuple(plan.key)}
REFERENCE: tuple[str, ...] = ()  # CHECK: tables that the rows are joined with, each a file NAME.csv of this folder

_SAMPLE = Sampled(Path(__file__).with_name("sample.parquet"), YEAR, PARTITION)

data_folder = _SAMPLE.data_folder
count = _SAMPLE.count
replay = _SAMPLE.replay
month_events = _SAMPLE.month_events
'''


def _scenario(plan: Plan) -> str:
    days = plan.days
    quiet = days.end + timedelta(days=1)
    return f'''"""The story of {plan.name}: its first months are learned, the days after asked about.

CHECK: what is there to be seen?
"""

from datetime import date

from datasets.parts import Period, QueryChart, Scenario

CHARTS = (
    QueryChart(
        query="rows_a_day",
        kind="lines",
        title="Records by day",
        by=("record_date",),
        by_title="Day",
        values=(("row_count", "all"), ("positive", "positive")),
        value_title="Rows",
        unit="records",
    ),
    QueryChart(
        query="label_by_category",
        kind="bars",
        title="Positive records by category",
        by=("column_name", "category"),
        by_title="Category",
        values=(("percent_positive", ""),),
        value_title="Positive",
        unit="%",
        of="row_count",
    ),
)

SCENARIO = Scenario(
    title="{plan.name.capitalize()} through every service, on this machine",
    rows="records",
    asked="records",
    key={_literal(_key(plan))},
    history={_numbers(days.months)},
    window=({_date(days.first)}, {_date(days.end)}),
    # the last 14 days with rows, which the model has not learned from
    control=Period("control", "the days held back", {_date(days.control)}, {_date(days.end)}),
    later={_numbers(days.later)},
    quiet=Period("later", "the days after", {_date(quiet)}, {_date(days.last)}),
    loud=None,  # CHECK: days that are known to be different; then the story goes on to an alarm and a new model
    queries=("label_by_category", "quarantine_summary"),
    charts=CHARTS,
    outcome="positive",  # CHECK: what is a record called whose label is true?
)
'''


def _key(plan: Plan) -> str:
    row = plan.table.slice(plan.days.kept.sum() - 1, 1).to_pylist()[0]  # of the days that are asked about
    return "/".join(str(row[name]) for name in plan.key)


def _date(day: "Column | object") -> str:
    return f"date({day:%Y, %-m, %-d})"


def _numbers(numbers: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, numbers))}{',' if len(numbers) == 1 else ''})"


def _tuple(names: Iterable[str]) -> str:
    found = [_literal(name) for name in names]
    return f"({', '.join(found)}{',' if len(found) == 1 else ''})"


def _lines(lines: Iterable[str], indent: int = 4) -> str:
    return "\n".join(f"{' ' * indent}{line}" for line in lines)


def _literal(text: str) -> str:
    """As the formatter writes it: in double quotes, unless that needs more backslashes."""
    quoted = json.dumps(text)
    return f"'{quoted[1:-1]}'".replace('\\"', '"') if '"' in text and "'" not in text else quoted
