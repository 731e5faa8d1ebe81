"""The table becomes a model that serves."""

import json
from typing import Any
from urllib.parse import urlparse

import boto3

from cli.errors import UserError
from cli.model import sagemaker
from cli.model.hosting import describe
from cli.model.models import decide
from cli.waiting import until
from stories.core.story import Story

IN_SERVICE_SECONDS = 300
BASELINE = "monitoring/baseline/constraints.json"


def train(story: Story) -> None:
    """Run the training pipeline; the model is registered when it is good enough."""
    first, last = story.scenario.window
    window = {"WindowStart": first.isoformat(), "WindowEnd": last.isoformat()}
    with story.steps.step("train", "training: preprocess, train, evaluate, baseline, register") as step:
        over = finished(story, "pipeline", sagemaker.start(story.names.training_pipeline, window))
        model = story.facts["model"] = metrics(story, over)
        step.result = (
            f"version {model['version']}: AUC {model['auc_temporal']:.3f} on the last 14 days, "
            f"{model['baseline_auc']:.3f} without ML"
        )
        beats = model["auc_temporal"] > model["baseline_auc"]
        story.check("The model ranks days after its training better than the guess without ML", beats, step.result)


def serve(story: Story) -> None:
    """Approve the model, and wait until it answers."""
    with story.steps.step("serve", "approving the model, waiting for the endpoint") as step:
        decided = decide(story.names.model_package_group, None, "Approved", "approved by the demo")
        name, s3 = story.names.endpoint, boto3.client("s3")

        def ready() -> dict[str, Any] | None:
            told = status(name)
            serving = told is not None and told["status"] == "InService"
            # its drift baselines come with it; without them the monitoring has nothing to compare with
            held = serving and s3.list_objects_v2(Bucket=story.names.lake_bucket, Prefix=BASELINE)["KeyCount"]
            return told if held else None

        told = until(ready, IN_SERVICE_SECONDS, lambda: f"endpoint {name} does not serve: {status(name)}")
        story.facts["endpoint"] = {"name": name, "status": told["status"]}
        step.result = f"version {decided.version} is approved, endpoint {name} is {told['status']}"
        story.check("The approved version serves", told["status"] == "InService", step.result)


def status(name: str) -> dict[str, Any] | None:
    """What there is to know of the endpoint; None while there is none. Raises UserError when it has failed."""
    try:
        told = describe(name)
    except UserError:
        return None
    if told["status"] == "Failed":
        raise UserError(f"endpoint {name} has failed: {told['reason']}")
    return told


def finished(story: Story, fact: str, arn: str) -> sagemaker.Execution:
    """Wait for an execution. Raises UserError with the reason when it does not succeed; the fact is left either way."""
    over = sagemaker.wait(arn, lambda _: None)
    steps = {item.name: {"status": item.status, "seconds": round(item.seconds, 3)} for item in over.steps}
    story.facts[fact] = {"status": over.status, "steps": steps}
    if over.status != "Succeeded":
        raise UserError(f"execution {over.id} {over.status.lower()}: {over.why}")
    return over


def metrics(story: Story, over: sagemaker.Execution) -> dict[str, Any]:
    """What the registered model is worth, by the evaluation that the registry keeps with it."""
    if over.package_arn is None:
        raise UserError(f"execution {over.id} has registered no model")
    with sagemaker.refusals() as client:
        package = client.describe_model_package(ModelPackageName=over.package_arn)
    where = urlparse(package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"])
    body = boto3.client("s3").get_object(Bucket=where.netloc, Key=where.path.lstrip("/"))["Body"].read()
    report = story.seen.evaluations[package["ModelPackageVersion"]] = json.loads(body)
    return {
        **{name: report[name] for name in ("auc_temporal", "auc_random", "baseline_auc")},
        "package_arn": over.package_arn,
        "version": package["ModelPackageVersion"],
    }
