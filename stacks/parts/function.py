"""A Python Lambda function with its own role and its own log group."""

from typing import Literal

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.parts.bundle import function_code
from stacks.parts.logs import owned_log_group
from stacks.parts.role import Allow, scoped_role

# Supported until 2029-06-30 (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html); the Python of Glue
# 6.0, so that shared code runs on one version.
RUNTIME = lambda_.Runtime.PYTHON_3_13
Tracing = Literal["active", "adot", "off"]


def python_function(
    scope: Construct,
    name: str,
    *,
    folder: str,
    description: str,
    key: kms.IKey,
    log_days: int,
    memory_mb: int,
    timeout_seconds: int,
    dataset: str | None = None,
    environment: dict[str, str] | None = None,
    modules: tuple[str, ...] = (),
    tracing: Tracing = "off",
    allow: tuple[Allow, ...] = (),
) -> lambda_.Function:
    """The function in ``lambdas/<folder>/handler.py`` (its ``handler``), on arm64.

    Args:
        dataset: whose contract it carries; its variable DATASET has the name.
        modules: of the repository that it carries, too.
        tracing: its calls, with AWS's distribution of OpenTelemetry (ADOT) also what they call, or nothing.
        allow: what it may do besides writing its own log.
    """
    log_group = owned_log_group(scope, f"{name}Logs", key=key, days=log_days)
    write_log = Allow(("logs:CreateLogStream", "logs:PutLogEvents"), (log_group.log_group_arn,))
    traced = (tracing_permission(),) if tracing != "off" else ()
    role = scoped_role(scope, f"{name}Role", "lambda.amazonaws.com", f"Runs {folder}", write_log, *allow, *traced)
    with function_code(folder, dataset, modules) as code:
        function = lambda_.Function(
            scope,
            name,
            description=description,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(code)),
            handler=f"lambdas.{folder}.handler.handler",
            role=role.without_policy_updates(),  # the L2 would add to it what is there, in a policy of its own
            log_group=log_group,
            memory_size=memory_mb,
            timeout=cdk.Duration.seconds(timeout_seconds),
            environment={**({"DATASET": dataset} if dataset else {}), **(environment or {})} or None,
            tracing=lambda_.Tracing.DISABLED if tracing == "off" else lambda_.Tracing.ACTIVE,
            adot_instrumentation=_opentelemetry() if tracing == "adot" else None,
        )
    cdk.Validations.of(function).acknowledge(
        cdk.Acknowledgment(
            id="AwsSolutions-L1", reason="Python 3.13 is what Glue 6.0 runs too; contracts/ is shared between both."
        )
    )
    return function


def tracing_permission() -> Allow:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html."""
    return Allow(
        ("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        ("*",),
        because="Traces have no ARN.",
        unused_because="Nothing is traced in the local cloud.",
    )


def _opentelemetry() -> lambda_.AdotInstrumentationConfig:
    """The layer that traces a function's calls of AWS without a line of its code.

    https://aws-otel.github.io/docs/getting-started/lambda/lambda-python
    """
    return lambda_.AdotInstrumentationConfig(
        layer_version=lambda_.AdotLayerVersion.from_python_sdk_layer_version(
            lambda_.AdotLambdaLayerPythonSdkVersion.LATEST
        ),
        exec_wrapper=lambda_.AdotLambdaExecWrapper.INSTRUMENT_HANDLER,
    )
