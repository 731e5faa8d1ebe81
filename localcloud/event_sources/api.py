"""The operations of event source mappings.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

import json
import time
from typing import Any

from moto.awslambda.models import LambdaBackend
from moto.awslambda.responses import LambdaResponse

from localcloud.event_sources.engine import event_sources
from localcloud.event_sources.errors import ConflictError, InUseError, NoMappingError
from localcloud.event_sources.mapping import Mapping
from localcloud.event_sources.runner import begin, stream_of
from localcloud.event_sources.validation import CONFIG, check_source, config_of, function_of, kind_of
from localcloud.patching import replace

Answer = tuple[int, dict[str, Any], str]
PAGE = 100


def _answer(status: int, told: dict[str, Any]) -> Answer:
    return status, {"status": status}, json.dumps(told)


def _mine(response: Any) -> list[Mapping]:
    """The mappings of the caller's account and region."""
    where = (response.current_account, response.region)
    return [it for it in list(event_sources().mappings.values()) if (it.account, it.region) == where]


def _asked(response: Any) -> Mapping:
    uuid = response.path.rstrip("/").rpartition("/")[2]
    found = next((mapping for mapping in _mine(response) if mapping.uuid == uuid), None)
    if found is None:
        raise NoMappingError
    return found


@replace(LambdaResponse, "create_event_source_mapping", "(self)")
def create_event_source_mapping(self: Any) -> Answer:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
    given = self.json_body
    kind = kind_of(given, "CreateEventSourceMapping")
    config = config_of(given, kind)
    account, region, source = self.current_account, self.region, given["EventSourceArn"]
    function, arn = function_of(given["FunctionName"], account, region)
    mapping = Mapping(region, account, source, arn, kind, config, dict(given.get("Tags") or {}))
    check_source(kind, source, function, mapping.session)
    for known in _mine(self):
        if (known.source, known.function) == (source, arn):
            raise ConflictError(known)
    if kind == "stream":
        moment = given.get("StartingPositionTimestamp")
        begin(
            mapping,
            stream_of(source, lambda: str(function.role)),
            given["StartingPosition"],
            moment and float(moment),
        )
    enabled = given.get("Enabled") is not False
    mapping.state = "Creating" if enabled else "Disabled"
    told = mapping.describe()
    event_sources().add(mapping, enabled=enabled)
    return _answer(202, told)


@replace(LambdaResponse, "get_event_source_mapping", "(self)")
def get_event_source_mapping(self: Any) -> Answer:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html"""
    return _answer(200, _asked(self).describe())


@replace(LambdaResponse, "list_event_source_mappings", "(self)")
def list_event_source_mappings(self: Any) -> Answer:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html"""
    wanted = {name: values[0] for name, values in self.querystring.items() if values}
    found = _mine(self)
    if "EventSourceArn" in wanted:
        found = [mapping for mapping in found if mapping.source == wanted["EventSourceArn"]]
    if name := wanted.get("FunctionName"):
        plain = name.split(":function:")[-1]
        found = [mapping for mapping in found if plain in (mapping.session, mapping.function.split(":function:")[1])]
    start, most = int(wanted.get("Marker") or 0), min(int(wanted.get("MaxItems") or PAGE), PAGE)
    page = found[start : start + most]
    more = {"NextMarker": str(start + most)} if start + most < len(found) else {}
    return _answer(200, {"EventSourceMappings": [mapping.describe() for mapping in page], **more})


@replace(LambdaResponse, "update_event_source_mapping", "(self)")
def update_event_source_mapping(self: Any) -> Answer:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html"""
    mapping, given = _asked(self), self.json_body
    if mapping.state not in ("Enabled", "Disabled"):
        raise InUseError("update")
    was = mapping.state == "Enabled"
    enabled = was if given.get("Enabled") is None else bool(given["Enabled"])
    changed = {name: given[name] for name in CONFIG if name in given}
    whole = {**mapping.config, **changed, "EventSourceArn": mapping.source}
    config = config_of(
        {**given, **whole}, kind_of({**given, "EventSourceArn": mapping.source}, "UpdateEventSourceMapping")
    )
    function, arn = function_of(given.get("FunctionName") or mapping.function, mapping.account, mapping.region)
    check_source(mapping.kind, mapping.source, function, arn.split(":")[6])
    mapping.config, mapping.function, mapping.modified = config, arn, round(time.time(), 3)
    state = "Updating" if enabled == was else "Enabling" if enabled else "Disabling"
    mapping.state = state
    told = mapping.describe()
    event_sources().change(mapping, enabled=enabled, state=state)
    return _answer(202, told)


@replace(LambdaResponse, "delete_event_source_mapping", "(self)")
def delete_event_source_mapping(self: Any) -> Answer:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html"""
    mapping = _asked(self)
    if mapping.state not in ("Enabled", "Disabled"):
        raise InUseError("delete")
    told = {**mapping.describe(), "State": "Deleting"}
    event_sources().remove(mapping)
    return _answer(202, told)


@replace(LambdaBackend, "_get_resource_by_arn", "(self, arn)")
def get_resource_by_arn(self: Any, arn: str) -> Any:
    """What tags are of."""
    if ":event-source-mapping:" in arn:
        mapping = event_sources().mappings.get(arn.rpartition(":")[2])
        if mapping is None:
            raise NoMappingError(f"Event source mapping not found: {arn}")
        return mapping
    return get_resource_by_arn.original(self, arn)  # type: ignore[attr-defined]


@replace(LambdaResponse, "tag_resource", "(self)")
def tag_resource(self: Any) -> Answer:
    """204, says the model."""
    tag_resource.original(self)  # type: ignore[attr-defined]
    return 204, {"status": 204}, ""
