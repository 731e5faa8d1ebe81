"""Evaluation runs of rule sets: a process of its own reads the table and evaluates, as a job would."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.exceptions import EntityNotFoundException, InvalidInputException
from moto.glue.models import GlueBackend
from moto.glue.responses import GlueResponse
from moto.moto_api._internal import mock_random

from localcloud.glue.engine import GlueEngine, glue_engine
from localcloud.glue.job_execution import PRINCIPAL, SESSION, Execution
from localcloud.glue.job_process import STANDIN
from localcloud.glue.job_run import FINAL, JobRun
from localcloud.glue.quality import find_ruleset, store_result
from localcloud.glue.state import page, state
from localcloud.iam.sessions import credentials_of
from localcloud.patching import add

_DEFAULT_TIMEOUT = 2880  # minutes; API_StartDataQualityRulesetEvaluationRun


class _Subject:
    """What an Execution needs of a job."""

    def __init__(self, name: str, backend: GlueBackend) -> None:
        self.name = name
        self.backend = backend


class QualityRun(Execution):
    """One evaluation run."""

    def __init__(self, engine: GlueEngine, backend: GlueBackend, request: dict[str, Any]) -> None:
        self.run_id = f"dqrun-{mock_random.get_random_hex(40)}"
        self.request = request
        self.results: list[str] = []
        settings = {"Timeout": request.get("Timeout") or _DEFAULT_TIMEOUT, "Role": request["Role"]}
        super().__init__(engine, JobRun(_Subject(self.run_id, backend), settings, {}))

    def _prepare(self, engine_name: str) -> dict[str, Any]:
        self.directory.mkdir(parents=True, exist_ok=True)
        table = self.request["DataSource"]["GlueTable"]
        rulesets = {name: find_ruleset(self.backend, name)["Ruleset"] for name in self.request["RulesetNames"]}
        return {
            "job_name": self.run_id,
            "script": str(STANDIN / "glue_local" / "quality_run.py"),
            "arguments": [],
            "directory": str(self.directory),
            "python_path": [],
            "spark_conf": {},
            "bookmark": {},
            "job_run_id": self.run_id,
            "environment": credentials_of(self.role, SESSION, PRINCIPAL),
            "quality": {
                "database": table["DatabaseName"],
                "table": table["TableName"],
                "predicate": table.get("AdditionalOptions", {}).get("pushDownPredicate", ""),
                "expression": table.get("AdditionalOptions", {}).get("catalogPartitionPredicate", ""),
                "rulesets": rulesets,
            },
        }

    def _note(self, event: dict[str, Any]) -> None:
        if event["event"] == "quality_result" and self.generation == self.engine.generation():
            about = {
                "DataSource": self.request["DataSource"],
                "RulesetName": event["ruleset"],
                "RulesetEvaluationRunId": self.run_id,
            }
            self.results.append(store_result(self.backend, event, **about))
        else:
            super()._note(event)

    def as_dict(self) -> dict[str, Any]:
        """API_GetDataQualityRulesetEvaluationRun."""
        run = self.run_state
        told = {
            "RunId": self.run_id,
            **{name: value for name, value in self.request.items() if name != "ClientToken"},
            "Status": run.status,
            "ErrorString": run.error,
            "StartedOn": run.started,
            "LastModifiedOn": run.modified,
            "CompletedOn": run.completed,
            "ExecutionTime": run.execution_seconds(),
            "ResultIds": self.results or None,
        }
        return {name: value for name, value in told.items() if value is not None}


@add(GlueResponse, "start_data_quality_ruleset_evaluation_run")
def start_data_quality_ruleset_evaluation_run(self: Any) -> ActionResult:
    """StartDataQualityRulesetEvaluationRun on a table of the catalog."""
    request = self.parameters
    for name in ("AdditionalDataSources", "AdditionalRunOptions"):
        if request.get(name):
            raise InvalidInputException("StartDataQualityRulesetEvaluationRun", f"{name} is not implemented locally")
    source = request["DataSource"].get("GlueTable")
    if not source:
        raise InvalidInputException("StartDataQualityRulesetEvaluationRun", "DataSource needs a GlueTable")
    self.glue_backend.get_table(source["DatabaseName"], source["TableName"])
    for name in request["RulesetNames"]:
        find_ruleset(self.glue_backend, name)
    engine = glue_engine()
    run = QualityRun(engine, self.glue_backend, request)
    state(self.glue_backend).quality_runs[run.run_id] = run
    engine.background(run.run_id[:12], run.run)
    return ActionResult({"RunId": run.run_id})


@add(GlueResponse, "get_data_quality_ruleset_evaluation_run")
def get_data_quality_ruleset_evaluation_run(self: Any) -> ActionResult:
    return ActionResult(_find(self).as_dict())


@add(GlueResponse, "cancel_data_quality_ruleset_evaluation_run")
def cancel_data_quality_ruleset_evaluation_run(self: Any) -> ActionResult:
    run = _find(self)
    if run.run_state.status in FINAL:
        raise InvalidInputException("CancelDataQualityRulesetEvaluationRun", f"Run is {run.run_state.status}")
    run.run_state.stop()
    return EmptyResult()


@add(GlueResponse, "list_data_quality_ruleset_evaluation_runs")
def list_data_quality_ruleset_evaluation_runs(self: Any) -> ActionResult:
    source = self.parameters.get("Filter", {}).get("DataSource")
    runs = [
        {name: told[name] for name in ("RunId", "Status", "StartedOn", "DataSource")}
        for told in (run.as_dict() for run in state(self.glue_backend).quality_runs.values())
        if source is None or told["DataSource"] == source
    ]
    return ActionResult(page(self.parameters, "Runs", runs))


def _find(self: Any) -> QualityRun:
    run = state(self.glue_backend).quality_runs.get(self.parameters["RunId"])
    if run is None:
        raise EntityNotFoundException(f"Run {self.parameters['RunId']} not found")
    assert isinstance(run, QualityRun)  # noqa: S101 - for the type checker
    return run
