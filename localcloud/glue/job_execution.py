"""Carrying out one job run: fetch, start, listen, end."""

import json
import shutil
import threading
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from localcloud.glue.connections import way_of
from localcloud.glue.engine import GlueEngine
from localcloud.glue.job_logs import LogShipper, log_groups, log_stream
from localcloud.glue.job_process import EngineMissingError, JobProcess, chosen_engine
from localcloud.glue.job_run import JobRun
from localcloud.glue.job_spec import (
    JobSetupError,
    bring,
    check_modules,
    job_files,
    script_arguments,
    spark_conf,
    uses_spark_catalog,
)
from localcloud.glue.quality import store_result
from localcloud.glue.state import state
from localcloud.iam.call import ANY
from localcloud.iam.sessions import AccessDeniedError, check, client_as, credentials_of, role_caller
from localcloud.network import Keys

PRINCIPAL, SESSION = "glue.amazonaws.com", "GlueJobRunnerSession"
SECONDS_PER_MINUTE = 60  # JobRun.Timeout is in minutes


class Execution:
    """One run in one process."""

    def __init__(self, engine: GlueEngine, run: JobRun) -> None:
        self.engine = engine
        self.run_state = run
        self.generation = engine.generation()
        self.backend = run.job.backend
        self.directory = engine.directory / run.job_run_id
        self.timed_out = False

    def run(self) -> None:
        """Execute; the run is in a final state when this returns."""
        try:
            self._run()
        except Exception as error:
            self.run_state.end("ERROR", f"{type(error).__name__}: {error}")

    def _run(self) -> None:
        run = self.run_state
        try:
            engine_name = chosen_engine()
            spec = self._prepare(engine_name)
            process = self.engine.pool.take(engine_name)
        except (JobSetupError, EngineMissingError, AccessDeniedError) as error:
            run.end("FAILED", str(error))
            return
        self.engine.register(process, self.generation)
        try:
            told = self._follow(process, spec)
        finally:
            self.engine.unregister(process)
            shutil.rmtree(self.directory, ignore_errors=True)
        self._conclude(*told)
        if engine_name == "sail" and self.generation == self.engine.generation():
            self.engine.pool.warm()

    def _prepare(self, engine_name: str) -> dict[str, Any]:
        run = self.run_state
        s3 = self._client("s3")
        files = job_files(run.settings, run.arguments)
        check_modules(run.arguments, engine_name)
        if uses_spark_catalog(run.arguments):
            self._ensure_default_database()
        self.directory.mkdir(parents=True, exist_ok=True)
        python = [bring(s3, uri, self.directory / "python" / str(at)) for at, uri in enumerate(files.python)]
        for uri in files.other:
            bring(s3, uri, self.directory)
        bookmark = state(self.backend).bookmarks.get(run.job.name)
        if run.arguments.get("--job-bookmark-option") == "job-bookmark-enable":
            check(role_caller(self.role, SESSION), "glue:GetJobBookmark", "*")
        return {
            "job_name": run.job.name,
            "script": str(bring(s3, files.script, self.directory / "script")),
            "arguments": script_arguments(run.arguments, run.job.name, run.job_run_id),
            "directory": str(self.directory),
            # a module goes on the path by its folder, an archive by itself
            "python_path": [str(path.parent if path.suffix == ".py" else path) for path in python],
            "spark_conf": spark_conf(run.arguments, engine_name),
            "bookmark": bookmark["State"] if bookmark else {},
            "job_run_id": run.job_run_id,
            "environment": credentials_of(self.role, SESSION, PRINCIPAL, self._way),
        }

    @property
    def role(self) -> str:
        """Who the run acts as."""
        return str(self.run_state.settings["Role"])

    def _client(self, service: str) -> Any:
        """A boto3 client with the credentials of the role. Raises AccessDeniedError."""
        region = self.backend.region_name
        return client_as(
            self.engine.cloud, self.role, service, region, session=SESSION, by=PRINCIPAL, storage=self._way
        )

    @cached_property
    def _way(self) -> Keys:
        connections = (self.run_state.settings.get("Connections") or {}).get("Connections") or []
        return way_of(self.backend, connections, role_caller(self.role, SESSION))

    def _ensure_default_database(self) -> None:
        """What Spark does when the Data Catalog is its own, as the job's role (on AWS with its first statement).

        https://github.com/data-dot-all/dataall/pull/701 and
        https://docs.aws.amazon.com/glue/latest/dg/data-quality-trouble.html#data-quality-trouble-error-7
        """
        glue = self._client("glue")
        try:
            try:
                glue.get_database(Name="default")
            except glue.exceptions.EntityNotFoundException:
                glue.create_database(DatabaseInput={"Name": "default", "Description": "Default Hive database"})
        except ClientError as error:
            raise JobSetupError(f"Unable to verify existence of default database: {error}") from error

    def _published(self) -> None:
        """Glue's library publishes results for the role; its rules are text and belong to no rule set by name."""
        where = f"{self.backend.region_name}:{self.backend.account_id}"
        check(
            role_caller(self.role, SESSION),
            "glue:PublishDataQuality",
            f"arn:aws:glue:{where}:dataQualityRuleset/{ANY}",
        )

    def _follow(self, process: JobProcess, spec: dict[str, Any]) -> tuple[str | None, bool, int]:
        """Error that the process told, whether it told of its end at all, exit code."""
        run = self.run_state
        logs = self._client("logs")
        output, errors, _ = log_groups(run.arguments, run.settings)
        stream = log_stream(run.arguments, run.job_run_id)
        shippers = [
            LogShipper(logs, output, stream, process.output),
            LogShipper(logs, errors, stream, process.errors),
        ]
        run.on_stop = process.kill
        if run.status == "STOPPING":
            process.kill()
        timer = threading.Timer(run.settings["Timeout"] * SECONDS_PER_MINUTE, self._time_out, (process,))
        timer.daemon = True
        timer.start()
        process.run(spec)
        error, ended = None, False
        for event in process.events():
            if event["event"] == "ended":
                error, ended = error or event["error"], True
                continue
            try:
                self._note(event)
            except AccessDeniedError as refused:
                error, ended = str(refused), True
                process.kill()
        timer.cancel()
        try:
            for shipper in shippers:
                shipper.finish()
        finally:
            code = process.close()
        return error, ended, code

    def _note(self, event: dict[str, Any]) -> None:
        run = self.run_state
        if self.generation != self.engine.generation():
            return
        if event["event"] == "running":
            run.begin()
        elif event["event"] == "bookmark":
            self._keep_bookmark(event["state"])
        elif event["event"] == "quality_result":
            self._published()
            store_result(self.backend, event, JobName=run.job.name, JobRunId=run.job_run_id)

    def _keep_bookmark(self, bookmark: dict[str, dict[str, str]]) -> None:
        run = self.run_state
        entries = state(self.backend).bookmarks
        old = entries.get(run.job.name, {"Version": 0, "Run": 0})
        entries[run.job.name] = {
            "JobName": run.job.name,
            "Version": old["Version"] + 1,
            "Run": old["Run"] + 1,
            "Attempt": run.attempt,
            "PreviousRunId": old.get("RunId"),
            "RunId": run.job_run_id,
            "JobBookmark": json.dumps({context: len(objects) for context, objects in bookmark.items()}),
            "State": bookmark,
        }

    def _time_out(self, process: JobProcess) -> None:
        self.timed_out = True
        process.kill()

    def _conclude(self, error: str | None, ended: bool, code: int) -> None:
        run = self.run_state
        if run.status == "STOPPING":
            run.end("STOPPED")
        elif self.timed_out:
            run.end("TIMEOUT", f"Job timed out after {run.settings['Timeout']} minutes")
        elif not ended:
            run.end("FAILED", f"Command failed with exit code {code}")
        elif error:
            run.end("FAILED", error)
        else:
            run.end("SUCCEEDED")
