"""The same job gives the same rows on Sail and on PySpark 4.1.1, Glue 6.0's Spark."""

import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.glue.lake import BUCKET, Lake
from tests.integration.glue.rules import COLUMNS, OUTCOMES

SCRIPT = Path(__file__).with_name("parity_job.py")
# What Spark says of broken SQL is not what Sail says.
SAME_REASON = [rule for rule in OUTCOMES if "selec" not in rule or "select" in rule]
ARGUMENTS = {
    "--ruleset": "Rules = [" + ", ".join(OUTCOMES) + "]",
    "--job-bookmark-option": "job-bookmark-enable",
}


def fill(lake: Lake) -> None:
    """Every Parquet timestamp, an old file without the newer column, CSV with quotes and NA, gzip-free JSON."""
    lake.table("events", {"id": "int", "at": "timestamp", "extra": "string"}, {"kind": "string", "day": "date"})
    for at, (kind, day) in enumerate([("a", "2013-01-01"), ("a", "2013-01-02"), ("b", "2013-01-02")]):
        moments = [dt.datetime(2013, 1, 1, 5, at), dt.datetime(2013, 1, 2, 6, at, 30)]
        columns: dict[str, Any] = {"id": pa.array([at, 7], pa.int32()), "at": pa.array(moments, pa.timestamp("ms"))}
        if at:
            columns["at"] = pa.array(moments, pa.timestamp("us", tz="UTC" if at == 1 else None))
            columns["extra"] = ["1.5", "no number"]
        lake.put_parquet(
            f"events/kind={kind}/day={day}/part.parquet", columns, use_deprecated_int96_timestamps=at == 2
        )
        lake.partition("events", kind, day)
    serde = {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        "Parameters": {"separatorChar": ",", "quoteChar": '"'},
    }
    lake.table(
        "places",
        {"name": "string", "seats": "bigint", "lat": "double"},
        classification="csv",
        parameters={"skip.header.line.count": "1"},
        serde=serde,
    )
    lake.put("places/a.csv", 'n,s,l\n"Field, North",5,1.5\nB,NA,\n"",3,2\n')
    lake.put("lines/a.json", '{"a": 1, "b": {"c": "x"}}\n{"a": 2}\n')
    lake.put_parquet("rules/a.parquet", COLUMNS)
    types = {"id": "bigint", "flight": "bigint", "delay": "double"}
    lake.table("rules", {name: types.get(name, "string") for name in COLUMNS})


def run_twice(lake: Lake) -> list[dict[str, Any]]:
    """What the job shows in its first and its second run, and what is in the files it wrote."""
    fill(lake)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("shipped/__init__.py", "def twice(number):\n    return 2 * number\n")
    arguments = {**ARGUMENTS, "--extra-py-files": lake.put("lib/shipped.zip", archive.getvalue())}
    lake.job(SCRIPT.read_text())
    shown = []
    for _ in range(2):
        run = lake.wait(lake.start(arguments=arguments))
        assert run["JobRunState"] == "SUCCEEDED", (run.get("ErrorMessage"), lake.errors(run["Id"])[-30:])
        lines = [json.loads(line) for line in lake.output(run["Id"])]
        found: dict[str, Any] = dict(lines)
        found["quality"] = [row if row[0] in SAME_REASON else row[:2] for row in found.get("quality", [])]
        shown.append(found)
    return shown


def written(lake: Lake) -> list[Any]:
    """Rows of the files in the bucket, read without Spark, and the catalog's partitions."""
    rows = []
    for key in lake.keys("out/"):
        body = lake.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        table = pq.read_table(io.BytesIO(body))
        rows += [(key.split("/")[1], *(str(value)[:19] for value in row.values())) for row in table.to_pylist()]
    return [sorted(rows), lake.partitions("out")]


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_both_engines_give_the_same_rows(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    results: dict[str, list[Any]] = {}
    for engine in ("sail", "spark"):
        monkeypatch.setenv("GLUE_ENGINE", engine)
        lake.cloud.reset()
        fresh = Lake(lake.cloud)
        results[engine] = [*run_twice(fresh), written(fresh)]
    for sail, spark in zip(results["sail"], results["spark"], strict=True):
        assert sail == spark
    first, second, files = results["spark"]
    # right, and not only alike
    assert (first["bookmark"], second["bookmark"]) == (6, 0)
    assert first["schema"] == [
        ["id", "int"],
        ["at", "timestamp"],
        ["extra", "string"],
        ["kind", "string"],
        ["day", "date"],
    ]
    assert [7, "2013-01-02 06:00:30", None, "a", "2013-01-01"] in first["events"]
    assert first["csv"] == [["B", None, None], ["Field, North", 5, 1.5], [None, 3, 2.0]]
    assert first["latest"] == second["latest"]
    assert first["out"] == second["out"]
    assert {row[-1] for row in first["out"]} == {"2013-01-01", "2013-01-02"}
    assert [7, 14] in first["udf"]
    assert first["purged"] == [[0, "2013-01-01"]]
    assert first["replaced"] == [[1], [2]]
    assert {row[0]: row[1] == "Passed" for row in first["quality"]} == OUTCOMES
    assert files[1] == [["2013-01-01"], ["2013-01-02"]]
