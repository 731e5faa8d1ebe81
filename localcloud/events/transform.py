"""What a target is sent: the event, a part of it, a constant, or a template that is filled from it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from jsonpath_ng.parser import parse

_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.\-]+)>")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def at(path: str, event: Mapping[str, Any]) -> Any:
    """The value at a JSON path of dots, None when there is none; several values of a wildcard as a list."""
    if path in ("$", ""):
        return event
    found = [match.value for match in _path(path).find(event)]
    if "*" in path:
        return found
    return found[0] if found else None


@lru_cache(maxsize=256)
def _path(text: str) -> Any:
    """Names with dashes and slashes, which EventBridge takes as they are, have to be quoted for the library."""
    return parse(re.sub(r"([A-Za-z0-9_]+(?:[-/][A-Za-z0-9_/-]+)+)", r"'\1'", text))


def payload(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    """The text that goes to the target."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(at(target["InputPath"], event))
    if transformer := target.get("InputTransformer"):
        return _fill(transformer["InputTemplate"], transformer.get("InputPathsMap") or {}, event, rule_arn)
    return json.dumps(event)


def _fill(template: str, paths: Mapping[str, str], event: Mapping[str, Any], rule_arn: str) -> str:
    """Replace placeholders: by JSON, or by text inside quotes and in a template that is no JSON.

    AWS says of a path that is not in the event that its variable "won't appear in the output"; here it is null, or
    inside quotes nothing, so that JSON stays JSON.
    """
    values: dict[str, Any] = {name: at(path, event) for name, path in paths.items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    if template.strip()[:1] not in ("{", "[", '"') and not _PLACEHOLDER.fullmatch(template.strip()):
        return json.dumps(_replace(template, values, _plain))
    pieces, end = [], 0
    for quoted in _QUOTED.finditer(template):
        pieces += [
            _replace(template[end : quoted.start()], values, json.dumps),
            _replace(quoted[0], values, _escaped),
        ]
        end = quoted.end()
    return "".join([*pieces, _replace(template[end:], values, json.dumps)])


def _replace(text: str, values: Mapping[str, Any], write: Callable[[Any], str]) -> str:
    return _PLACEHOLDER.sub(lambda found: write(values[found[1]]) if found[1] in values else found[0], text)


def _plain(value: Any) -> str:
    """As text; objects and arrays lose their quotes."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":")).replace('"', "")


def _escaped(value: Any) -> str:
    return json.dumps(_plain(value))[1:-1]
