"""What the stacks' own constructs make really starts a pipeline: by the clock, and when a Glue job has succeeded."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from localcloud import LocalCloud
from localcloud.events.emit import emit
from stacks.ml.pipeline_start import every, start_after_job, start_every
from tests.integration.inbox import until

STEPS = [{"Name": "Say", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A stack with nothing but both starters."""
    app = cdk.App(outdir=str(tmp_path_factory.mktemp("wiring")))
    stack = cdk.Stack(app, "Wiring")
    arn = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/"
    start_every(stack, "Clock", description="x", rate=every(1, "hour"), pipeline_arn=f"{arn}clock")
    start_after_job(stack, "Job", job_name="curate", pipeline_arn=f"{arn}job")
    return Path(app.synth().get_stack_by_name("Wiring").template_full_path).read_text()


def test_the_clock_and_the_job_start_the_pipelines(cloud: LocalCloud, template: str) -> None:
    sagemaker = cloud.client("sagemaker")
    for name in ("clock", "job"):
        sagemaker.create_pipeline(
            PipelineName=name,
            PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": STEPS}),
            RoleArn="arn:aws:iam::123456789012:role/x",
            ClientRequestToken="x" * 32,
        )

    def started(name: str) -> int:
        return len(sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"])

    cloud.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    cloud.client("cloudformation").create_stack(
        StackName="Wiring", TemplateBody=template, Capabilities=["CAPABILITY_IAM"]
    )
    cloud.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="Wiring", WaiterConfig={"Delay": 1}
    )
    until(lambda: started("clock"), bool)  # a rate without a start date begins at once
    for state in ("FAILED", "SUCCEEDED"):
        emit("aws.glue", "Glue Job State Change", [], {"jobName": "curate", "state": state}, None)
    until(lambda: started("job"), bool)
    emit("aws.glue", "Glue Job State Change", [], {"jobName": "other", "state": "SUCCEEDED"}, None)
    cloud.client("cloudformation").delete_stack(StackName="Wiring")
    cloud.client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="Wiring", WaiterConfig={"Delay": 1}
    )
    assert cloud.client("scheduler").list_schedules()["Schedules"] == []
    assert started("job") == 1
