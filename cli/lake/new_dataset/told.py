"""What the command says of its guesses."""

from collections.abc import Iterator

from cli.lake.new_dataset.plan import ROW_ID, Plan
from cli.lake.new_dataset.sample import MAX_ROWS


def told(plan: Plan) -> Iterator[str]:
    """Sentences for who has to check them."""
    days, label = plan.days, plan.label
    rows, positive = len(label.known), int((label.known == 1).sum())
    yield f"{plan.file}: {rows:,} rows; {positive:,} rows are positive: {label.meaning}."
    if rows == MAX_ROWS:
        yield f"No more than the first {MAX_ROWS:,} rows are taken."
    if plan.key == (ROW_ID,):
        yield f"No column identifies a row: {ROW_ID}, its number in the file, does."
    else:
        yield f"A row is identified by {', '.join(plan.key)}."
    if plan.time is None:
        yield f"No times: the rows are spread over {days.year} in an order by chance."
    elif (left := rows - int(days.kept.sum())) > 0:
        yield f"{left:,} rows of other years than {days.year} are left out."
    renamed = [
        f"{column.source} → {column.name}" for column in plan.columns if column.source not in (None, column.name)
    ]
    if renamed:
        more = f" and {len(renamed) - 5} more" if len(renamed) > 5 else ""
        yield f"Renamed: {', '.join(renamed[:5])}{more}."
    chosen = plan.chosen
    yield f"{len(chosen.features)} features; {days.training:,} rows of {days.first} to {days.end} to fit the model to."
    if chosen.cut:
        yield f"For want of rows (ten a feature are needed) these are none: {', '.join(chosen.cut)}."
    for column in plan.columns:
        if column.personal is not None:
            yield f"Personal data suspected: {column.name} ({column.personal}); it is no feature, but in the tables."
    for name in sorted(chosen.leaks):
        yield f"{name} tells the label by itself and is no feature: is it known only afterwards?"
