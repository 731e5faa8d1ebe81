"""PutEvents, patterns and targets: what may be defined, and where moto's own sending is replaced by ours."""

import json
from datetime import UTC, datetime
from typing import Any

from moto.events.exceptions import InvalidEventPatternException, ResourceNotFoundException, ValidationException
from moto.events.models import EventPatternParser, EventsBackend, Rule
from moto.events.responses import EventsHandler

from localcloud.events import targets
from localcloud.events.engine import events_engine, new_event
from localcloud.events.patterns import PatternError, compile_pattern
from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError

_LIMIT = 1024 * 1024  # bytes; https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html


@replace(EventPatternParser, "parse", "(self)")
def parse(self: Any) -> dict[str, Any]:
    """Refuse a pattern as EventBridge does, also operators that moto passes over."""
    if self.pattern:
        try:
            compile_pattern(self.pattern)
        except PatternError as error:
            raise InvalidEventPatternException(reason=str(error)) from None
    found: dict[str, Any] = json.loads(self.pattern) if self.pattern else {}
    return found


@replace(EventsHandler, "test_event_pattern", "(self)")
def test_event_pattern(self: Any) -> str:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html"""
    try:
        event = json.loads(self._get_param("Event"))
        missing = {"id", "account", "source", "time", "region", "resources", "detail-type"} - event.keys()
    except (ValueError, AttributeError):
        raise ValidationException("Parameter Event is not valid JSON.") from None
    if missing:
        raise ValidationException(f"Parameter Event is not valid: {', '.join(sorted(missing))} missing.")
    try:
        return json.dumps({"Result": compile_pattern(self._get_param("EventPattern"))(event)})
    except PatternError as error:
        raise InvalidEventPatternException(reason=str(error)) from None


@replace(EventsBackend, "put_targets", "(self, name, event_bus_arn, targets)")
def put_targets(self: Any, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
    """Targets that nothing would be sent to are refused by name."""
    for target in targets:
        _check(target)
    put_targets.original(self, name, event_bus_arn, targets)  # type: ignore[attr-defined]


def _check(target: dict[str, Any]) -> None:
    given = [member for member in ("Input", "InputPath", "InputTransformer") if target.get(member)]
    if len(given) > 1:
        raise ValidationException(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}."
        )
    if "Input" in given:
        try:
            json.loads(target["Input"])
        except ValueError:
            raise ValidationException("JSON syntax error in input for target " + target["Id"]) from None
    if target["Arn"].split(":")[2:3] == ["events"]:
        if ":api-destination/" in target["Arn"]:
            raise NotImplementedLocallyError("events", f"PutTargets with the target {target['Arn']}")
        return
    targets.check(target["Arn"], "events", "PutTargets")
    if ":stateMachine:" in target["Arn"] and not target.get("RoleArn"):
        raise ValidationException(f"RoleArn is required for target {target['Arn']}.")


@replace(EventsHandler, "put_events", "(self)")
def put_events_of_user(self: Any) -> str:
    """Sources of AWS are AWS's."""
    entries = self._get_param("Entries")
    if len(entries) > 10:
        raise ValidationException(
            f"1 validation error detected: Value '{entries}' at 'entries' failed to satisfy constraint: "
            "Member must have length less than or equal to 10"
        )
    if sum(_size(entry) for entry in entries) > _LIMIT:
        raise ValidationException("Total size of the entries in the request is over the limit.")
    told = []
    for entry in entries:
        if str(entry.get("Source") or "").startswith("aws."):
            told.append(_failed("NotAuthorizedForSourceException", "Not authorized for the source."))
        else:
            told.append(_put(self.events_backend, entry))
    return json.dumps({"FailedEntryCount": sum("ErrorCode" in entry for entry in told), "Entries": told})


@replace(EventsBackend, "put_events", "(self, events)")
def put_events(self: Any, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What moto's services call."""
    return [_put(self, entry) for entry in events]


def _put(backend: Any, entry: dict[str, Any]) -> dict[str, Any]:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return _failed(
                "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
            )
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return _failed("MalformedDetail", "Detail is malformed.")
    bus = str(entry.get("EventBusName") or "default").rpartition("/")[2]
    if bus not in backend.event_buses:
        raise ResourceNotFoundException(f"Event bus {bus} does not exist.")
    resources = list(entry.get("Resources") or [])
    event = new_event(entry["Source"], entry["DetailType"], resources, detail, backend.region_name)
    if entry.get("Time"):
        event["time"] = datetime.fromtimestamp(float(entry["Time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    events_engine().ingest(event, backend.region_name, bus)
    return {"EventId": event["id"]}


def _failed(code: str, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message}


def _size(entry: dict[str, Any]) -> int:
    """By the rule of the page above."""
    texts = [str(entry.get(name) or "") for name in ("Source", "DetailType", "Detail")]
    return (14 if entry.get("Time") else 0) + sum(
        len(text.encode()) for text in (*texts, *(entry.get("Resources") or []))
    )


@replace(Rule, "send_to_targets", "(self, original_event, transform_input)")
def send_to_targets(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:
    """What moto's replays call."""
    text = self.event_pattern.dump()
    if text and self.state != "DISABLED" and compile_pattern(text)(original_event):
        events_engine().trigger(self, dict(original_event))
