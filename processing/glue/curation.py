"""What curation does with the events and reference tables of any dataset, as functions from DataFrames to DataFrames.

They use only what Spark Connect has and what works the same on Spark 4.1.1 and Sail: no RDDs, and ``try_cast``
wherever a value may be bad, since Spark 4 is ANSI and a bad ``cast`` ends the job
(https://spark.apache.org/docs/4.1.1/sql-ref-ansi-compliance.html).

What only one dataset knows is in its module ``datasets/<name>/curation.py``, see `Curation`.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from importlib import import_module
from typing import Any, Protocol, cast

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from contracts import Column, Table

MISSING = "NA"  # how reference files, as R writes them, spell a missing value


class Curation(Protocol):
    """The module ``datasets/<name>/curation.py``.

    Attributes:
        DAY: the column of events and rows that says the day a row belongs to, text of a date in the events.
        EVENT_DAYS_AFTER: the last event of a day may come so many UTC dates later.
        HISTORY_DAYS: so many days before a day are looked back on.
    """

    DAY: str
    EVENT_DAYS_AFTER: int
    HISTORY_DAYS: int

    def rows_of(self, events: DataFrame) -> DataFrame:
        """One row a key of ``events`` (conformed), its columns, and ``opened``: whether its first event is known."""

    def curate(self, rows: DataFrame, days: Collection[date], reference: Mapping[str, DataFrame]) -> DataFrame:
        """Rows of the curated table for ``days``: the contract's columns, then its partition keys.

        Args:
            rows: what ``rows_of`` gives for ``days`` and the days before each that it looks back on.
            reference: conformed reference tables by name.
        """


def curation_of(dataset: str) -> Curation:
    """The curation of a dataset."""
    return cast(Curation, import_module(f"datasets.{dataset}.curation"))


def conform_events(frame: DataFrame, events: Table, key: Iterable[str]) -> DataFrame:
    """Events with exactly the contract's columns and types; columns the contract does not know are left out.

    A date kept as text becomes a date, but for partition keys. A value that does not fit its type is NULL, and an
    event without a whole ``key`` is left out: the transform function quarantines such records before they get here.
    """
    typed = frame.select(*[conformed(column) for column in (*events.columns, *events.partition_keys)])
    for column in events.columns:
        if column.format:
            typed = typed.withColumn(column.name, F.col(column.name).try_cast("date"))
    known = F.col("event_type").isin(list(events.column("event_type").enum))
    return typed.filter(known).dropna(subset=list(key))


def conform_reference(frame: DataFrame, table: Table) -> DataFrame:
    """Rows of a reference table with the contract's types, ``NA`` as NULL, and one row a key."""
    text = frame.select(
        *[F.nullif(F.col(c.name).cast("string"), F.lit(MISSING)).alias(c.name) for c in table.columns]
    )
    typed = text.select(*[conformed(column) for column in table.columns])
    rest = [column.name for column in table.columns if column.name not in table.primary_key]
    return first(typed.dropna(subset=list(table.primary_key)), table.primary_key, rest)


def touched_days(new_events: DataFrame, day: str, after: int) -> DataFrame:
    """The days that ``new_events`` (conformed) are about: ``day``, events, strays.

    A stray's event_date is not of its day to ``after`` days later: a run that rebuilds the day would not find it.
    """
    event_date = F.col("event_date").try_cast("date")
    stray = F.coalesce(~event_date.between(F.col(day), F.date_add(day, after)), F.lit(True))
    return new_events.groupBy(day).agg(F.count(F.lit(1)).alias("events"), F.sum(stray.cast("int")).alias("strays"))


def count_days(rows: DataFrame, day: str, days: Collection[date]) -> DataFrame:
    """How many ``rows`` each of ``days`` has: ``day``, rows, unopened (their first event is not known)."""
    counts = rows.filter(F.col(day).isin(list(days))).groupBy(day)
    opened = F.sum(F.col("opened").cast("int"))
    return counts.agg(opened.alias("rows"), (F.count(F.lit(1)) - opened).alias("unopened"))


def partitioned(rows: DataFrame, day: str, table: Table) -> DataFrame:
    """``rows`` with the columns, types and partition keys (month, day) of the curated table."""
    keyed = rows.withColumn("month", F.date_format(day, "yyyy-MM")).withColumn(
        "day", F.date_format(day, "yyyy-MM-dd")
    )
    columns = (*table.columns, *table.partition_keys)
    return keyed.select(*[F.col(column.name).cast(column.type).alias(column.name) for column in columns])


def newest_first(events: Table) -> list[Any]:
    """An order of events, the latest first.

    The rest only matters between events of one instant with one id, and makes the choice the same always.
    """
    identity = [name for name in (events.event_time, *events.primary_key) if name]
    rest = [column.name for column in events.columns if column.name not in identity]
    return [F.desc(name) for name in (*identity, *rest)]


def conformed(column: Column) -> Any:
    """The column as its type, NULL where it does not fit."""
    return F.col(column.name).try_cast(column.type).alias(column.name)


def first(frame: DataFrame, keys: Iterable[str], order: Iterable[Any]) -> DataFrame:
    """The first row of each key in ``order``."""
    row = F.row_number().over(Window.partitionBy(*keys).orderBy(*order))
    return frame.withColumn("_row", row).filter("_row = 1").drop("_row")
