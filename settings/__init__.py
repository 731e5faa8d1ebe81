"""Every knob of the project, read from CDK context (``cdk.json``, ``-c name=value``) and checked before synthesis.

A module a section. A setting that cannot be used raises `SettingsError`: one sentence with the setting's name and the
fix.
"""

import difflib
import re
from collections.abc import Mapping
from typing import Any, Self

from pydantic import ValidationError, model_validator

from contracts.store import DATASETS
from pipelines.definition import image_regions
from settings.architectures import Architectures
from settings.data import Data
from settings.deployment import Deployment
from settings.monitoring import MODEL_MONITOR_HOURS, Monitoring, captures
from settings.scoring import Scoring
from settings.serving import Serving
from settings.training import Training
from stacks.catalogue import REALTIME_SCORING, chosen

__all__ = ["Settings", "SettingsError", "from_context"]

# CDK's own context keys have one of ":", "/", "@", "-"; ours never do, so a plain word that is no setting is a typo.
_OURS = re.compile(r"[A-Za-z_]\w*")


class SettingsError(ValueError):
    """A setting that cannot be used: one sentence that names it and says what to do."""


class Settings(Scoring, Monitoring, Serving, Training, Data, Architectures, Deployment):
    """What an owner can choose. Defaults are a sandbox: cheapest when idle, and nothing is left after destroy.

    Checked here is what settings of several sections must agree on.
    """

    @model_validator(mode="after")
    def _monitor(self) -> Self:
        if self.monitoring == "off":
            return self
        others = self.model_dump(include={"endpoint", "capture_percent"})
        if not captures(others):
            given = ", ".join(f"{name}={value}" for name, value in others.items())
            raise ValueError(
                f"monitoring would see nothing, for with {given} no traffic is captured: remove it, or set "
                "endpoint=instance and capture_percent above 0"
            )
        if self.monitoring == "model_monitor" and self.monitor_every_hours > MODEL_MONITOR_HOURS:
            raise ValueError(
                f"monitor_every_hours must be at most {MODEL_MONITOR_HOURS} with monitoring=model_monitor: lower it, "
                "or set monitoring=processing"
            )
        return self

    @model_validator(mode="after")
    def _fit_into_the_network(self) -> Self:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, "Feature exclusions"
        if self.network == "isolated" and self.endpoint == "serverless":
            raise ValueError(
                "network=isolated has no place for endpoint=serverless, which SageMaker runs in its own network only: "
                "set endpoint=instance or endpoint=off, or remove network"
            )
        return self

    @model_validator(mode="after")
    def _can_be_scored(self) -> Self:
        if REALTIME_SCORING not in {item.name for item in chosen(self)}:
            return self
        module = f"datasets/{self.dataset}/online.py"
        if not (DATASETS.parent / module).is_file():
            raise ValueError(
                f"{REALTIME_SCORING} needs to know the dataset's events one by one, and there is no {module}: write it "
                "(docs/architectures/realtime-scoring.md), or choose another dataset or architecture"
            )
        if self.endpoint == "off":
            raise ValueError(
                f"{REALTIME_SCORING} asks the endpoint, and with endpoint=off there is none: set endpoint=instance or "
                "endpoint=serverless, or choose another architecture"
            )
        return self

    @model_validator(mode="after")
    def _images_are_there(self) -> Self:
        frameworks = ["xgboost", "sklearn", *(["model-monitor"] if self.monitoring == "model_monitor" else [])]
        regions = image_regions(*frameworks)
        if self.region is not None and self.region not in regions:
            raise ValueError(
                f"region {self.region} is not among those where AWS keeps the images of {', '.join(frameworks)}: "
                f"choose one of {', '.join(sorted(regions))}"
            )
        return self


def from_context(context: Mapping[str, Any]) -> Settings:
    """The settings in a CDK context; raises SettingsError with one sentence when one cannot be used."""
    given = {name: value for name, value in context.items() if _OURS.fullmatch(name)}
    for name in given:
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"settings are {', '.join(Settings.model_fields)}."
            raise SettingsError(f"There is no setting {name!r}: {hint}")
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"Setting {reason}."
    name = str(first["loc"][0])
    field = Settings.model_fields[name]
    reason = reason[0].lower() + reason[1:]
    return (
        f"Setting {name}={_shown(first['input'])} cannot be used ({field.description}): {reason}; "
        f"the default is {field.get_default(call_default_factory=True, validated_data={})}."
    )


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
