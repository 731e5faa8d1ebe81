"""Job runs: what a script is given, how it ends, what is left behind."""

import io
import os
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from localcloud.glue import job_execution
from localcloud.glue.engine import glue_engine
from tests.integration.glue.lake import BUCKET, Lake, wait_for

SLEEP = "import os, time\nprint('pid', os.getpid(), flush=True)\ntime.sleep(120)\n"


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def fail(lake: Lake, script: str, **arguments: str) -> dict[str, Any]:
    """The failed run of a script."""
    lake.job(script)
    run = lake.wait(lake.start(arguments=arguments))
    assert run["JobRunState"] == "FAILED"
    return run


def test_arguments_are_merged_and_passed_as_glue_does(lake: Lake) -> None:
    script = """
import sys
from awsglue.utils import getResolvedOptions
args = getResolvedOptions(sys.argv, ["JOB_NAME", "JOB_RUN_ID", "kept", "given", "fixed", "empty"])
print(sorted(args.items()))
"""
    lake.job(
        script,
        DefaultArguments={"--kept": "default", "--given": "default", "--fixed": "default", "--empty": ""},
        NonOverridableArguments={"--fixed": "mine"},
    )
    run = lake.wait(lake.start(arguments={"--given": "a b", "--fixed": "yours"}))
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    (line,) = lake.output(run["Id"])
    got = dict(eval(line))  # noqa: S307 - what our own script printed
    assert got["job_bookmark_option"] == "job-bookmark-disable"
    shown = {name: got[name] for name in ("JOB_NAME", "JOB_RUN_ID", "kept", "given", "fixed", "empty")}
    assert shown == {
        "JOB_NAME": "job",
        "JOB_RUN_ID": run["Id"],
        "kept": "default",
        "given": "a b",
        "fixed": "mine",
        "empty": "",
    }


def test_a_run_tells_times_settings_and_logs(lake: Lake) -> None:
    script = (
        "import sys\nfrom awsglue.context import GlueContext\nprint('out')\nprint('err', file=sys.stderr)\n"
        "GlueContext(None).get_logger().info('logged')\n"
    )
    lake.job(script, WorkerType="G.1X", NumberOfWorkers=2, Timeout=7, MaxRetries=0)
    run = lake.wait(lake.start(Timeout=3))
    assert run["JobRunState"] == "SUCCEEDED"
    assert (run["Attempt"], run["Timeout"], run["WorkerType"], run["GlueVersion"]) == (0, 3, "G.1X", "6.0")
    assert run["StartedOn"] <= run["CompletedOn"]
    assert run["LogGroupName"] == "/aws-glue/jobs"
    assert lake.output(run["Id"]) == ["out", "err"]  # since Glue 5.0 both streams of the script
    assert lake.errors(run["Id"]) == ["INFO GlueLogger: logged"]


def test_logs_go_to_the_configured_groups(lake: Lake) -> None:
    lake.job(
        "print('out')",
        DefaultArguments={"--custom-logGroup-prefix": "/mine", "--custom-logStream-prefix": "stream"},
        SecurityConfiguration="sec",
    )
    run = lake.wait(lake.start())
    assert lake.output("stream-driver", "/mine/sec-role/glue/output") == ["out"]
    assert run["LogGroupName"] == "/mine/sec-role/glue"


def test_extra_files_and_nothing_but_them(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_SECRET", "x")
    archive = lake.put("lib/bundle.zip", zipped({"shipped/__init__.py": "N = 41", "shipped/data.json": '{"a": 1}'}))
    module = lake.put("lib/single.py", "def more(n):\n    return n + 1\n")
    data = lake.put("lib/words.txt", "hello")
    script = """
import importlib.resources, importlib.util, os, pathlib
import shipped, single
print(single.more(shipped.N), importlib.resources.files("shipped").joinpath("data.json").read_text())
print(pathlib.Path("words.txt").read_text())
print([name for name in ("contracts", "localcloud", "settings", "processing") if importlib.util.find_spec(name)])
print([name for name in os.environ if "SECRET" in name.upper() and "AWS" not in name])
"""
    lines = lake.run(script, arguments={"--extra-py-files": f"{archive},{module}", "--extra-files": data})
    assert lines[0] == '42 {"a": 1}'
    assert lines[1:] == ["hello", "[]", "[]"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "x = 1\n\ndef f():\n    raise ValueError('boom')\n\nf()\n",
            "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 4; ValueError: boom",
        ),
        (
            "import nothing\n",
            "Error Category: IMPORT_ERROR; Failed Line Number: 1; ModuleNotFoundError: No module named 'nothing'",
        ),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
        ("import os\nos._exit(9)\n", "Command failed with exit code 9"),
    ],
)
def test_a_failed_run_says_why(lake: Lake, script: str, message: str) -> None:
    run = fail(lake, script)
    assert run["ErrorMessage"] == message


def test_a_traceback_is_in_the_error_log(lake: Lake) -> None:
    run = fail(lake, "raise ValueError('boom')\n")
    assert lake.errors(run["Id"])[-1] == "ValueError: boom"


def test_a_script_that_is_not_there_fails(lake: Lake) -> None:
    lake.job("")
    lake.s3.delete_object(Bucket=BUCKET, Key="scripts/job.py")
    run = lake.wait(lake.start())
    assert run["JobRunState"] == "FAILED"
    assert "scripts/job.py cannot be read: NoSuchKey" in run["ErrorMessage"]


def test_modules_are_not_installed(lake: Lake) -> None:
    run = fail(lake, "print('never')\n", **{"--additional-python-modules": "pandas,left-pad==1.0"})
    assert "left-pad" in run["ErrorMessage"]
    assert lake.output(run["Id"]) == []
    lake.glue.start_job_run(JobName="job", Arguments={"--additional-python-modules": "pandas"})


def test_other_kinds_of_job_fail_by_name(lake: Lake) -> None:
    command = {"Name": "pythonshell", "ScriptLocation": "s3://b/k.py"}
    lake.glue.create_job(Name="shell", Role="r", Command=command)
    run = lake.wait(lake.start("shell"), "shell")
    assert "pythonshell" in run["ErrorMessage"]


def test_runs_at_once_are_limited_and_a_stopped_run_is_gone(lake: Lake) -> None:
    lake.job(SLEEP)
    run_id = lake.start()
    with pytest.raises(lake.glue.exceptions.ConcurrentRunsExceededException):
        lake.start()
    wait_for(lambda: {"lines": len(lake.output(run_id))}, "lines", {1})  # type: ignore[arg-type]
    pid = int(lake.output(run_id)[0].split()[1])
    answer = lake.glue.batch_stop_job_run(JobName="job", JobRunIds=[run_id, "jr_none"])
    assert [item["JobRunId"] for item in answer["SuccessfulSubmissions"]] == [run_id]
    assert answer["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert lake.wait(run_id)["JobRunState"] == "STOPPED"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    again = lake.glue.batch_stop_job_run(JobName="job", JobRunIds=[run_id])
    assert again["Errors"][0]["ErrorDetail"]["ErrorCode"] == "InvalidInputException"


def test_two_runs_where_two_are_allowed(lake: Lake) -> None:
    lake.job(SLEEP, ExecutionProperty={"MaxConcurrentRuns": 2})
    runs = [lake.start(), lake.start()]
    lake.glue.batch_stop_job_run(JobName="job", JobRunIds=runs)
    assert [lake.wait(run)["JobRunState"] for run in runs] == ["STOPPED", "STOPPED"]


def test_a_run_that_takes_too_long_times_out(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_execution, "SECONDS_PER_MINUTE", 1)
    lake.job(SLEEP, Timeout=2)
    run = lake.wait(lake.start())
    assert run["JobRunState"] == "TIMEOUT"
    assert run["ErrorMessage"] == "Job timed out after 2 minutes"


def test_a_failed_run_is_retried(lake: Lake) -> None:
    lake.job("raise ValueError('again')\n", MaxRetries=1)
    first = lake.wait(lake.start())
    wait_for(lambda: {"runs": len(lake.glue.get_job_runs(JobName="job")["JobRuns"])}, "runs", {2})  # type: ignore[arg-type]
    second = lake.wait(first["Id"] + "_attempt_1")
    assert (second["Attempt"], second["PreviousRunId"]) == (1, first["Id"])
    time.sleep(0.2)
    assert [run["Id"] for run in lake.glue.get_job_runs(JobName="job")["JobRuns"]] == [second["Id"], first["Id"]]


def test_a_reset_ends_runs_and_forgets_them(lake: Lake) -> None:
    lake.job(SLEEP)
    run_id = lake.start()
    wait_for(lambda: {"lines": len(lake.output(run_id))}, "lines", {1})  # type: ignore[arg-type]
    pid = int(lake.output(run_id)[0].split()[1])
    lake.cloud.reset()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert lake.glue.get_jobs()["Jobs"] == []
    assert not glue_engine().directory.exists()


def test_a_missing_spark_environment_is_named_with_the_fix(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("GLUE_ENGINE", "spark")
    monkeypatch.setattr("localcloud.glue.job_process.SPARK_ENVIRONMENT", tmp_path)
    run = fail(lake, "print(1)\n")
    assert "run make setup" in run["ErrorMessage"]


def test_job_definitions_are_read_back_whole_and_replaced_whole(lake: Lake) -> None:
    lake.job("print(1)\n", Description="first", MaxRetries=2, Tags={"a": "b"}, JobRunQueuingEnabled=True)
    job = lake.glue.get_job(JobName="job")["Job"]
    assert (job["Description"], job["MaxRetries"], job["JobRunQueuingEnabled"]) == ("first", 2, True)
    with pytest.raises(lake.glue.exceptions.AlreadyExistsException):
        lake.job("print(1)\n")
    update = {"Role": job["Role"], "Command": job["Command"], "DefaultArguments": {"--a": "1"}}
    lake.glue.update_job(JobName="job", JobUpdate=update)
    job = lake.glue.get_job(JobName="job")["Job"]
    assert ("Description" not in job, job["MaxRetries"], job["DefaultArguments"]) == (True, 0, {"--a": "1"})
    lake.glue.delete_job(JobName="job")
    with pytest.raises(lake.glue.exceptions.EntityNotFoundException):
        lake.glue.get_job(JobName="job")


def test_what_others_put_into_the_temporary_folder_is_not_run(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody on the machine may write there; it is where a job's process starts."""
    (tmp_path / "enum.py").write_text("raise SystemExit('planted')")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    lake.job("print('ours')")
    for _ in range(2):  # the process of the first was started before
        run = lake.wait(lake.start())
        assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
