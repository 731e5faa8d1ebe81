"""queries/*.sql of the folder: six questions that every table answers."""
# ruff: noqa: S608 - all names in it are valid identifiers, made by `names`

from cli.cloud.local import ROOT
from cli.lake.new_dataset.columns import NUMBERS
from cli.lake.new_dataset.plan import Plan

MOST = 20  # columns that a query looks at


def queries(plan: Plan) -> dict[str, str]:
    """SQL by the name of the query."""
    return {
        "rows_a_day": _rows_a_day(plan),
        "missing_values": _missing_values(plan),
        "label_by_category": _label_by_category(plan),
        "numeric_summary": _numeric_summary(plan),
        "duplicate_check": _duplicate_check(plan),
        "quarantine_summary": _quarantine_summary(),
    }


def _rows_a_day(plan: Plan) -> str:
    return f"""-- How many rows does a day have, and how many of them are positive?
SELECT
  record_date,
  count(*) AS row_count,
  count_if({plan.label.name}) AS positive
FROM {plan.name}
GROUP BY record_date
ORDER BY record_date
"""


def _missing_values(plan: Plan) -> str:
    with_gaps = [column.name for column in plan.columns if column.missing] or [plan.key[0]]
    names = with_gaps[:MOST]
    counts = ",\n".join(f"    count({name}) AS {name}" for name in names)
    union = "\n  UNION ALL ".join(
        f"SELECT '{name}' AS column_name, row_count, {name} AS present FROM counts" for name in names
    )
    return f"""-- How complete are the columns that have gaps? Missing values of each.
WITH counts AS (
  SELECT
    count(*) AS row_count,
{counts}
  FROM {plan.name}
),
columns_of_rows AS (
  {union}
)
SELECT
  column_name,
  row_count,
  row_count - present AS missing,
  round(1e2 * present / nullif(row_count, 0), 2) AS percent_complete
FROM columns_of_rows
ORDER BY percent_complete, column_name
"""


def _label_by_category(plan: Plan) -> str:
    names = [item.input for item in plan.chosen.categories][:MOST] or ["month"]
    return f"""-- Of which categories is the label positive most often?
SELECT
  column_name,
  category,
  count(*) AS row_count,
  round(1e2 * count_if({plan.label.name}) / nullif(count({plan.label.name}), 0), 1) AS percent_positive
FROM {plan.name}
CROSS JOIN {_unnested(names, "varchar")} AS pairs (column_name, category)
GROUP BY column_name, category
ORDER BY column_name, percent_positive DESC, category
"""


def _numeric_summary(plan: Plan) -> str:
    labelled = plan.label.name  # a boolean, whatever the file has
    numbers = [column.name for column in plan.columns if column.type in NUMBERS and column.name != labelled][:MOST]
    names = numbers or ["day(record_date)"]  # so that the query has an answer
    return f"""-- What are the numbers like? Least, quartiles, greatest and mean of each column.
SELECT
  column_name,
  count(number) AS present,
  round(min(number), 3) AS least,
  round(approx_percentile(number, 0.25), 3) AS quartile_1,
  round(approx_percentile(number, 0.5), 3) AS median,
  round(approx_percentile(number, 0.75), 3) AS quartile_3,
  round(max(number), 3) AS greatest,
  round(avg(number), 3) AS mean
FROM {plan.name}
CROSS JOIN {_unnested(names, "double")} AS pairs (column_name, number)
GROUP BY column_name
ORDER BY column_name
"""


def _unnested(names: list[str], kind: str) -> str:
    """A row a column of each row; so the table is read once (https://trino.io/docs/current/sql/select.html, UNNEST)."""
    titles = ",\n    ".join(f"'{name}'" for name in names)
    values = ",\n    ".join(f"CAST({name} AS {kind})" for name in names)
    return f"UNNEST(\n  ARRAY[\n    {titles}\n  ],\n  ARRAY[\n    {values}\n  ]\n)"


def _duplicate_check(plan: Plan) -> str:
    key = ", ".join(plan.key)
    return f"""-- Is a row there twice? Rows and distinct keys of events (delivered at least once) and of curated rows.
WITH row_keys AS (
  SELECT {key}, count(*) AS copies
  FROM {plan.name}
  GROUP BY {key}
),
event_keys AS (
  SELECT event_id, count(*) AS copies
  FROM {plan.events}
  GROUP BY event_id
)
SELECT
  '{plan.name}' AS table_name,
  coalesce(sum(copies), 0) AS row_count,
  count(*) AS keys,
  coalesce(sum(copies), 0) - count(*) AS duplicates
FROM row_keys
UNION ALL
SELECT
  '{plan.events}' AS table_name,
  coalesce(sum(copies), 0) AS row_count,
  count(*) AS keys,
  coalesce(sum(copies), 0) - count(*) AS duplicates
FROM event_keys
ORDER BY table_name
"""


def _quarantine_summary() -> str:
    """It knows no column, so it is the flights'."""
    return (ROOT / "datasets" / "flights" / "queries" / "quarantine_summary.sql").read_text("utf-8")
