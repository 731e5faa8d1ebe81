"""What one run of a Glue job, a crawler or a SageMaker pipeline costs."""

import json
from collections.abc import Iterator
from typing import Any

from costs.templates import Resource, text
from costs.use import Use

# Assumptions. Runs of the demo's size end within these; what a longer run costs grows with its time.
GLUE_SECONDS = 180  # billed by the second, a minute at least (https://aws.amazon.com/glue/pricing/)
CRAWLER_SECONDS = 600  # the ten minutes that a crawl is billed at least, whatever it takes (same page)
CRAWLER_DPU = 2  # of AWS's own example on that page
PROCESSING_SECONDS = 300  # start of the container included
TRAINING_SECONDS = 240
DPU = {"G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
HOUR = 3600.0


def glue_job(job: Resource) -> Use:
    workers = int(job.properties["NumberOfWorkers"])
    dpu = workers * DPU[job.properties["WorkerType"]]
    return Use("glue.dpu_hour", dpu * GLUE_SECONDS / HOUR, f"{dpu:g} DPU for {GLUE_SECONDS} s")


def crawl(_crawler: Resource) -> Use:
    return Use(
        "glue.crawler_dpu_hour",
        CRAWLER_DPU * CRAWLER_SECONDS / HOUR,
        f"{CRAWLER_DPU} DPU for the billed minimum of {CRAWLER_SECONDS // 60} minutes",
    )


def pipeline(resource: Resource, *, conditional: bool = True) -> tuple[Use, ...]:
    """What an execution takes of its instances.

    Args:
        conditional: with the steps that run only under a condition.
    """
    definition = json.loads(text(resource.properties["PipelineDefinition"]["PipelineDefinitionBody"]))
    defaults = {item["Name"]: item.get("DefaultValue") for item in definition.get("Parameters", ())}
    return tuple(use for step in _steps(definition["Steps"], conditional) for use in _step(step, defaults))


def _steps(steps: list[dict[str, Any]], conditional: bool) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        if step["Type"] == "Condition" and conditional:
            # only one of the two branches runs; the dearer one is the one that does the work
            yield from _steps(step["Arguments"].get("IfSteps", []), conditional)
            yield from _steps(step["Arguments"].get("ElseSteps", []), conditional)


def _step(step: dict[str, Any], defaults: dict[str, Any]) -> Iterator[Use]:
    arguments = step.get("Arguments", {})
    jobs, seconds = 1, TRAINING_SECONDS
    match step["Type"]:
        case "Processing":
            cluster, seconds = arguments["ProcessingResources"]["ClusterConfig"], PROCESSING_SECONDS
        case "Training":
            cluster = arguments["ResourceConfig"]
        case "Tuning":
            cluster = arguments["TrainingJobDefinition"]["ResourceConfig"]
            limits = arguments["HyperParameterTuningJobConfig"]["ResourceLimits"]
            jobs = int(_value(limits["MaxNumberOfTrainingJobs"], defaults))
        case "Transform":
            cluster, seconds = arguments["TransformResources"], PROCESSING_SECONDS
        case _:
            return
    instance = _value(cluster["InstanceType"], defaults)
    instances = jobs * int(_value(cluster["InstanceCount"], defaults))
    many = f"{instances} x " if instances > 1 else ""
    yield Use(
        f"sagemaker.{instance}", instances * seconds / HOUR, f"{step['Name']}: {many}{instance} for {seconds} s"
    )


def _value(value: Any, defaults: dict[str, Any]) -> Any:
    if isinstance(value, dict) and "Get" in value:
        return defaults[value["Get"].removeprefix("Parameters.")]
    return value
