"""Data quality: rule sets, their evaluation runs, and results, also those that jobs publish.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-data-quality-api.html. moto has none of these operations.
"""

from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from moto.glue.models import GlueBackend
from moto.glue.responses import GlueResponse
from moto.moto_api._internal import mock_random

from localcloud.glue.standin.dqdl.model import DqdlError, UnsupportedDqdlError
from localcloud.glue.standin.dqdl.parse import parse
from localcloud.glue.state import page, state
from localcloud.patching import add
from localcloud.unsupported import NotImplementedLocallyError


def store_result(of: GlueBackend, event: dict[str, Any], **about: Any) -> str:
    """Keep what an evaluation told; returns the result's id.

    Args:
        event: as the job process sends it: context, started, score, rules.
        about: members of API_DataQualityResult that say where it comes from.
    """
    result_id = f"dqresult-{mock_random.get_random_hex(40)}"
    started = datetime.fromtimestamp(event["started"], UTC).replace(tzinfo=None)
    passed = sum(rule["outcome"] == "Passed" for rule in event["rules"])
    state(of).quality_results[result_id] = {
        "ResultId": result_id,
        "Score": event["score"],
        "EvaluationContext": event["context"],
        "StartedOn": started,
        "CompletedOn": utcnow(),
        "RuleResults": [
            {
                "Name": f"Rule_{at}",
                "Description": rule["rule"],
                "EvaluatedRule": rule["rule"],
                "Result": "PASS" if rule["outcome"] == "Passed" else "FAIL",
                **({"EvaluationMessage": rule["reason"]} if rule["reason"] else {}),
                "EvaluatedMetrics": rule["metrics"],
            }
            for at, rule in enumerate(event["rules"], 1)
        ],
        "AggregatedMetrics": {
            "TotalRulesProcessed": float(len(event["rules"])),
            "TotalRulesPassed": float(passed),
            "TotalRulesFailed": float(len(event["rules"]) - passed),
        },
        **about,
    }
    return result_id


# --- rule sets -------------------------------------------------------------------------------------------------


@add(GlueResponse, "create_data_quality_ruleset")
def create_data_quality_ruleset(self: Any) -> ActionResult:
    """CreateDataQualityRuleset; a rule that could not be evaluated later is refused now, by name."""
    request = self.parameters
    rulesets = state(self.glue_backend).rulesets
    if request["Name"] in rulesets:
        raise AlreadyExistsException("Ruleset")
    _check(request["Ruleset"], "CreateDataQualityRuleset")
    rulesets[request["Name"]] = {
        **{name: value for name, value in request.items() if name not in ("Tags", "ClientToken")},
        "CreatedOn": utcnow(),
        "LastModifiedOn": utcnow(),
    }
    self.glue_backend.tag_resource(_arn(self, request["Name"]), request.get("Tags"))
    return ActionResult({"Name": request["Name"]})


@add(GlueResponse, "get_data_quality_ruleset")
def get_data_quality_ruleset(self: Any) -> ActionResult:
    return ActionResult(find_ruleset(self.glue_backend, self.parameters["Name"]))


@add(GlueResponse, "update_data_quality_ruleset")
def update_data_quality_ruleset(self: Any) -> ActionResult:
    """UpdateDataQualityRuleset: what is not given stays."""
    found = find_ruleset(self.glue_backend, self.parameters["Name"])
    if "Ruleset" in self.parameters:
        _check(self.parameters["Ruleset"], "UpdateDataQualityRuleset")
    found.update({name: self.parameters[name] for name in ("Description", "Ruleset") if name in self.parameters})
    found["LastModifiedOn"] = utcnow()
    return ActionResult({name: found[name] for name in ("Name", "Description", "Ruleset") if name in found})


@add(GlueResponse, "delete_data_quality_ruleset")
def delete_data_quality_ruleset(self: Any) -> ActionResult:
    name = find_ruleset(self.glue_backend, self.parameters["Name"])["Name"]
    del state(self.glue_backend).rulesets[name]
    self.glue_backend.tagger.delete_all_tags_for_resource(_arn(self, name))
    return EmptyResult()


@add(GlueResponse, "list_data_quality_rulesets")
def list_data_quality_rulesets(self: Any) -> ActionResult:
    wanted = self.parameters.get("Filter", {})
    shown = ("Name", "Description", "CreatedOn", "LastModifiedOn", "TargetTable")
    found = [
        {**{name: ruleset[name] for name in shown if name in ruleset}, "RuleCount": len(parse(ruleset["Ruleset"]))}
        for ruleset in state(self.glue_backend).rulesets.values()
        if _matches(wanted, ruleset, "CreatedOn", ("Name", "Description", "TargetTable"))
    ]
    return ActionResult(page(self.parameters, "Rulesets", found))


def find_ruleset(of: GlueBackend, name: str) -> dict[str, Any]:
    """The rule set, or EntityNotFoundException."""
    found = state(of).rulesets.get(name)
    if found is None:
        raise EntityNotFoundException(f"Ruleset {name} not found")
    return found


# --- results ---------------------------------------------------------------------------------------------------


@add(GlueResponse, "get_data_quality_result")
def get_data_quality_result(self: Any) -> ActionResult:
    found = state(self.glue_backend).quality_results.get(self.parameters["ResultId"])
    if found is None:
        raise EntityNotFoundException(f"Data quality result {self.parameters['ResultId']} not found")
    return ActionResult(found)


@add(GlueResponse, "batch_get_data_quality_result")
def batch_get_data_quality_result(self: Any) -> ActionResult:
    known = state(self.glue_backend).quality_results
    asked = self.parameters["ResultIds"]
    found = [known[result_id] for result_id in asked if result_id in known]
    return ActionResult({"Results": found, "ResultsNotFound": [name for name in asked if name not in known]})


@add(GlueResponse, "list_data_quality_results")
def list_data_quality_results(self: Any) -> ActionResult:
    wanted = self.parameters.get("Filter", {})
    shown = ("ResultId", "DataSource", "JobName", "JobRunId", "StartedOn")
    found = [
        {name: result[name] for name in shown if name in result}
        for result in state(self.glue_backend).quality_results.values()
        if _matches(wanted, result, "StartedOn", ("DataSource", "JobName", "JobRunId"))
    ]
    return ActionResult(page(self.parameters, "Results", found))


def _matches(wanted: dict[str, Any], found: dict[str, Any], when: str, exact: tuple[str, ...]) -> bool:
    moment = found[when].replace(tzinfo=UTC).timestamp()
    stem = when.removesuffix("On")
    return (
        all(found.get(name) == wanted[name] for name in exact if name in wanted)
        and moment >= wanted.get(f"{stem}After", moment)
        and moment <= wanted.get(f"{stem}Before", moment)
    )


def _check(ruleset: str, operation: str) -> None:
    try:
        parse(ruleset)
    except UnsupportedDqdlError as error:
        raise NotImplementedLocallyError("glue", f"{operation} ({error})") from error
    except DqdlError as error:
        raise InvalidInputException(operation, f"Provided DQDL is not valid: {error}") from error


def _arn(self: Any, name: str) -> str:
    return f"arn:aws:glue:{self.region}:{self.current_account}:dataQualityRuleset/{name}"
