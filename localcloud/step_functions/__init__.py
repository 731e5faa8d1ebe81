"""Step Functions on moto's interpreter of the Amazon States Language, which is localstack's."""

from localcloud.cloud import Cloud
from localcloud.step_functions import (  # noqa: F401 - importing registers the patches
    callbacks,
    calls,
    choices,
    executions,
    expressions,
    history,
    integrations,
    machines,
    map_runs,
    map_state,
    parsing,
    redrive,
    shapes,
    tags,
    test_state,
    timing,
    validation,
    versions,
)
from localcloud.step_functions.engine import StepFunctionsEngine

TITLE = "Step Functions"
REAL = ("",)
DIFFERENT = ("",)


def engine(cloud: Cloud) -> StepFunctionsEngine:
    """The executions of one cloud."""
    return StepFunctionsEngine(cloud)
