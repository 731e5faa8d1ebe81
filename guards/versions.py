"""Versions the templates rely on, and until when AWS keeps them."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("versions.yaml")
_IMAGE = re.compile(r"/(sagemaker-[a-z-]+:[\w.-]+)")  # the registry before it is made of references


class Version(BaseModel):
    """Something with a version; ``end`` is the day on which AWS ends its support, None when no end is announced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    name: str
    end: date | None
    page: str

    def ends_before(self, day: date) -> bool:
        return self.end is not None and self.end < day


class Versions(BaseModel):
    """The data file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    read: date
    months: int
    versions: tuple[Version, ...]

    def ending(self, today: date) -> tuple[Version, ...]:
        """Those that end within the months that leave time to move on, or have ended."""
        limit = today + timedelta(days=30 * self.months)
        return tuple(version for version in self.versions if version.ends_before(limit))


@cache
def versions() -> Versions:
    return Versions.model_validate(yaml.safe_load(FILE.read_text("utf-8")))


def used(template: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a synthesized template relies on, as ``what`` and ``name`` of the data file."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Lambda::Function":
                yield "Lambda runtime", properties["Runtime"]
            case "AWS::Glue::Job":
                yield "Glue version", properties["GlueVersion"]
            case "AWS::Athena::WorkGroup":
                engine = properties["WorkGroupConfiguration"]["EngineVersion"]["SelectedEngineVersion"]
                yield "Athena engine", engine
        for image in _IMAGE.findall(json.dumps(properties)):
            yield "SageMaker image", image
