"""What ends the executions of a SageMaker pipeline when its stack goes."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.parts.function import python_function
from stacks.parts.role import AT_THE_END, Allow


def stop_with_stack(
    scope: Construct, *, pipeline: sagemaker.CfnPipeline, key: kms.IKey, log_days: int
) -> cdk.CustomResource:
    """Stop what runs before the pipeline is deleted, which SageMaker refuses otherwise.

    What starts the pipeline must depend on the result: it is then deleted first, and starts nothing meanwhile.
    """
    stack = cdk.Stack.of(scope)
    arn = stack.format_arn(service="sagemaker", resource="pipeline", resource_name=pipeline.ref)
    function = python_function(
        scope,
        "StopExecutions",
        folder="stop_executions",
        description="Stops the executions of the pipeline before the pipeline is deleted",
        key=key,
        log_days=log_days,
        memory_mb=256,
        timeout_seconds=600,
        allow=(
            Allow(("sagemaker:ListPipelineExecutions",), (arn,), unused_because=AT_THE_END),
            Allow(
                ("sagemaker:StopPipelineExecution",),
                (f"{arn}/execution/*",),
                because="SageMaker names the executions.",
                unused_because=AT_THE_END,
            ),
        ),
    )
    return cdk.CustomResource(
        scope,
        "Executions",
        resource_type="Custom::StopExecutions",
        service_token=function.function_arn,
        service_timeout=cdk.Duration.minutes(10),
        properties={"PipelineName": pipeline.ref},
    )
