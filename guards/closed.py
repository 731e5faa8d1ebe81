"""Services that take no new customers: what a template must not have, for it could not be deployed in a new account."""

import fnmatch
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("closed.yaml")


class Closed(BaseModel):
    """A service or type that is closed; ``evidence`` names the AWS page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date | None
    instead: str
    evidence: str


class ClosedServices(BaseModel):
    """The data file: CloudFormation types (with ``*``) and step types of SageMaker pipelines."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    read: date
    types: dict[str, Closed]
    steps: dict[str, Closed]


@cache
def closed_services() -> ClosedServices:
    return ClosedServices.model_validate(yaml.safe_load(FILE.read_text("utf-8")))


def found(template: dict[str, Any]) -> Iterator[str]:
    """Sentences about the resources and pipeline steps of a template that a new account cannot create."""
    services = closed_services()
    for key, resource in template["Resources"].items():
        for pattern, closed in services.types.items():
            if fnmatch.fnmatchcase(resource["Type"], pattern):
                yield f"{key}: {resource['Type']} is closed to new accounts; instead: {closed.instead}"
        if resource["Type"] == "AWS::SageMaker::Pipeline":
            text = str(resource["Properties"])
            for step, closed in services.steps.items():
                if f'"Type":"{step}"' in text.replace(" ", ""):
                    yield f"{key}: step type {step} is closed to new accounts; instead: {closed.instead}"
