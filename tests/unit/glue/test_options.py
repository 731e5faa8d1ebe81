"""Pure parts of the Glue engine: arguments, exclude patterns, table folders, log groups."""

import pytest

from localcloud.glue.crawler_listing import Found, glob_pattern, partition_keys, partition_values, tables_of
from localcloud.glue.job_logs import log_groups, log_stream
from localcloud.glue.job_spec import (
    JobSetupError,
    job_files,
    merge_arguments,
    script_arguments,
    spark_conf,
    uses_spark_catalog,
)
from localcloud.glue.standin.awsglue.utils import GlueArgumentError, getResolvedOptions


def test_getresolvedoptions_returns_what_is_asked_for_and_what_glue_reserves() -> None:
    argv = ["job.py", "--JOB_NAME", "j", "--a", "1", "--b=2", "--c", "", "--other", "x", "--TempDir", "s3://t"]
    found = getResolvedOptions(argv, ["JOB_NAME", "a", "b", "c"])
    assert {name: found[name] for name in ("JOB_NAME", "a", "b", "c")} == {
        "JOB_NAME": "j",
        "a": "1",
        "b": "2",
        "c": "",
    }
    assert "other" not in found
    assert found["TempDir"] == "s3://t"
    assert found["job_bookmark_option"] == "job-bookmark-disable"
    both = getResolvedOptions([*argv, "--job-bookmark-option", "job-bookmark-enable"], [])
    assert both["job_bookmark_option"] == "job-bookmark-enable"


def test_getresolvedoptions_takes_no_abbreviation_and_names_what_is_missing() -> None:
    with pytest.raises(GlueArgumentError, match="--database"):
        getResolvedOptions(["job.py", "--data", "x"], ["database"])
    with pytest.raises(RuntimeError, match="underscores"):
        getResolvedOptions(["job.py", "--a-b", "x"], ["a-b"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, False), ("false", False), ("False", False), ("true", True), ("TRUE", True), ("", True)],
)
def test_sparks_own_catalog_is_switched_on(value: str | None, expected: bool) -> None:
    assert uses_spark_catalog({} if value is None else {"--enable-glue-datacatalog": value}) is expected


def test_arguments_of_a_run() -> None:
    merged = merge_arguments({"--a": "1", "--b": "1", "--c": "1"}, {"--b": "2", "--c": "2"}, {"--c": "3"})
    assert merged == {"--a": "1", "--b": "2", "--c": "3"}
    words = script_arguments({"--a": "x y"}, "job", "jr_1")
    assert words[:2] == ["--a", "x y"]
    assert words[words.index("--JOB_NAME") + 1] == "job"
    assert words[words.index("--JOB_RUN_ID") + 1] == "jr_1"


def test_files_of_a_run() -> None:
    definition = {"Command": {"Name": "glueetl", "ScriptLocation": "s3://b/k.py"}}
    files = job_files(definition, {"--extra-py-files": "s3://b/a.zip, s3://b/b.py", "--extra-files": ""})
    assert (files.script, files.python, files.other) == ("s3://b/k.py", ("s3://b/a.zip", "s3://b/b.py"), ())
    with pytest.raises(JobSetupError, match="gluestreaming"):
        job_files({"Command": {"Name": "gluestreaming", "ScriptLocation": "s3://b/k"}}, {})


def test_spark_conf_takes_several_and_refuses_what_sail_gets_wrong() -> None:
    assert spark_conf({"--conf": "a.b=1 --conf c=d=e"}, "sail") == {"a.b": "1", "c": "d=e"}
    dynamic = {"--conf": "spark.sql.sources.partitionOverwriteMode=DYNAMIC"}
    assert spark_conf(dynamic, "spark")
    with pytest.raises(JobSetupError, match="delete the other"):
        spark_conf(dynamic, "sail")


def test_log_groups() -> None:
    assert log_groups({}, {}) == ("/aws-glue/jobs/output", "/aws-glue/jobs/error", "/aws-glue/jobs")
    settings = {"SecurityConfiguration": "sec", "Role": "arn:aws:iam::1:role/path/runner"}
    assert log_groups({"--custom-logGroup-prefix": "/p"}, settings)[0] == "/p/sec-role/runner/output"
    assert log_stream({}, "jr_1") == "jr_1"
    assert log_stream({"--custom-logStream-prefix": "mine"}, "jr_1") == "mine-driver"


@pytest.mark.parametrize(
    ("glob", "matching", "other"),
    [
        ("*.csv", "a.csv", "x/a.csv"),
        ("**.csv", "x/a.csv", "x/a.json"),
        ("x/**", "x/y/z", "y/x"),
        ("?.csv", "a.csv", "ab.csv"),
        ("{a,b}.csv", "b.csv", "c.csv"),
        ("[ab].csv", "a.csv", "c.csv"),
        ("[!ab].csv", "c.csv", "a.csv"),
        ("a,b.csv", "a,b.csv", "a.csv"),
    ],
)
def test_exclude_patterns(glob: str, matching: str, other: str) -> None:
    assert glob_pattern(glob).fullmatch(matching)
    assert not glob_pattern(glob).fullmatch(other)


def folders(*keys: str) -> list[str]:
    found = [Found(key, key.removeprefix("lake/"), 1) for key in keys]
    return [folder.location for folder in tables_of("s3://b/lake/", found)]


def test_a_target_is_one_table_or_one_a_folder() -> None:
    assert folders("lake/a.csv", "lake/b.csv") == ["s3://b/lake/"]
    assert folders("lake/day=1/a", "lake/day=2/a") == ["s3://b/lake/"]
    assert folders("lake/2013/01/a") == ["s3://b/lake/"]
    assert folders("lake/planes/a", "lake/weather/a") == ["s3://b/lake/planes/", "s3://b/lake/weather/"]
    assert folders() == []


def test_partition_names_and_values() -> None:
    assert partition_keys([(), ("Year=2013", "x")]) == ["year", "partition_1"]
    assert partition_values(("Year=2013", "x")) == ["2013", "x"]
