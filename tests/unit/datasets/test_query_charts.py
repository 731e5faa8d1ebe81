"""What a dataset's report draws is there to be drawn."""

from pathlib import Path

import pytest
import sqlglot

from datasets.parts import QueryChart, scenario

CHARTS = [(name, chart) for name in ("flights", "payments") for chart in scenario(name).charts]


@pytest.mark.parametrize(("dataset", "chart"), CHARTS, ids=[f"{name} {chart.title}" for name, chart in CHARTS])
def test_a_chart_draws_columns_of_its_named_query(dataset: str, chart: QueryChart, repository: Path) -> None:
    file = repository / "datasets" / dataset / "queries" / f"{chart.query}.sql"
    answered = sqlglot.parse_one(file.read_text("utf-8"), read="athena").named_selects
    drawn = [*chart.by, *(name for name, _ in chart.values), *([chart.of] if chart.of else [])]
    assert set(drawn) <= set(answered)
    assert len(chart.values if chart.kind == "bars" else chart.by) == 1, "a row has one bar, a line one axis"


def test_no_two_charts_of_a_dataset_have_one_title() -> None:
    titles = [(name, chart.title) for name, chart in CHARTS]
    assert len(set(titles)) == len(titles)
