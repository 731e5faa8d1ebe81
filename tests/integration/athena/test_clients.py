"""Third-party clients, unchanged, in this process against the local cloud."""

from typing import Any

import pandas as pd
import pytest

FRAME = pd.DataFrame({"id": [1, 2, 3], "v": [1.5, None, 3.0], "s": ["a", "b", None], "day": ["01", "01", "02"]})


@pytest.fixture
def wr(athena: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    import awswrangler  # noqa: PLC0415

    for name, value in athena.cloud.environment.items():
        monkeypatch.setenv(name, value)
    awswrangler.s3.to_parquet(
        FRAME, path="s3://lake/w/", dataset=True, database="d", table="w", partition_cols=["day"]
    )
    return awswrangler


def read(wr: Any, sql: str, **how: Any) -> list[list[Any]]:
    frame = wr.athena.read_sql_query(
        sql, database="d", s3_output="s3://results/wr/", athena_query_wait_polling_delay=0.05, **how
    )
    return [[None if pd.isna(cell) else cell for cell in row] for row in frame.to_numpy().tolist()]


@pytest.mark.parametrize(
    "how",
    [{"ctas_approach": False}, {"ctas_approach": True}, {"ctas_approach": False, "unload_approach": True}],
    ids=["csv", "ctas", "unload"],
)
def test_awswrangler_reads_in_its_three_ways(wr: Any, how: dict[str, Any]) -> None:
    rows = read(wr, "select id, v, s, day from w order by id", **how)
    assert rows == [[1, 1.5, "a", "01"], [2, None, "b", "01"], [3, 3.0, None, "02"]]


def test_awswrangler_leaves_no_temporary_table_and_sees_empty_results(wr: Any, athena: Any) -> None:
    assert read(wr, "select id, v from w where id > 9") == []
    assert [table["Name"] for table in athena.glue.get_tables(DatabaseName="d")["TableList"]] == ["w"]


def test_awswrangler_catalog_and_errors(wr: Any) -> None:
    assert wr.s3.read_parquet_table(database="d", table="w").shape == (3, 4)
    assert list(wr.athena.describe_table(table="w", database="d", s3_output="s3://results/wr/")["Column Name"])[
        :2
    ] == ["id", "v"]
    with pytest.raises(wr.exceptions.QueryFailed, match="Column 'nope' cannot be resolved"):
        read(wr, "select nope from w", ctas_approach=False)


def test_pyathena_cursors(wr: Any) -> None:
    from pyathena import connect  # noqa: PLC0415
    from pyathena.error import OperationalError  # noqa: PLC0415
    from pyathena.pandas.cursor import PandasCursor  # noqa: PLC0415

    connection = connect(
        s3_staging_dir="s3://results/py/", region_name="us-east-1", schema_name="d", poll_interval=0.05
    )
    cursor = connection.cursor()
    rows = cursor.execute("select id, v, day from w where id >= %(least)d order by id", {"least": 2}).fetchall()
    assert rows == [(2, None, "01"), (3, 3.0, "02")]
    assert cursor.description is not None
    assert [column[:2] for column in cursor.description] == [("id", "bigint"), ("v", "double"), ("day", "varchar")]
    assert cursor.execute("show tables").fetchall() == [("w",)]
    frame = connection.cursor(PandasCursor).execute("select id, v from w order by id").as_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert frame["id"].tolist() == [1, 2, 3]
    with pytest.raises(OperationalError, match="FUNCTION_NOT_FOUND"):
        cursor.execute("select strftime(now(), '%Y')")
    connection.close()
