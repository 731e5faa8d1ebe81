"""Serving: the newest approved version answers requests.

Events of the model registry and of the endpoint → deploy function → model, endpoint configuration, endpoint. The
function owns these, not CloudFormation: approvals decide which version is served, not deployments of the stack
(docs/decisions/0010-endpoint-of-the-function.md). The stack says how it is served, and takes the endpoint along.
"""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings import Settings
from stacks import outputs
from stacks.ml.endpoint_roles import deploy_permissions, model_role
from stacks.parts.alarm import alarm, function_alarm, metric
from stacks.parts.event_rule import dead_letters, run_on_event
from stacks.parts.function import python_function
from stacks.parts.job_network import JobNetwork
from stacks.parts.logs import owned_log_group
from stacks.parts.role import arn_as_seen_from
from stacks.parts.stack import ProjectStack

MEMORY_MB, CONCURRENCY = 2048, 5  # of a serverless endpoint, when the settings do not say


class Serving(ProjectStack):
    """From an approved model package to an endpoint."""

    endpoint: str

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        package_group: str,
        key: kms.IKey,
        lake: s3.IBucket,
        alarm_topic: sns.ITopic,
        network: JobNetwork | None,
    ) -> None:
        super().__init__(scope, outputs.SERVING, settings=settings, description="Deploys approved models")
        self.endpoint = f"{settings.prefix}-{settings.dataset}"
        bucket = arn_as_seen_from(self, lake)

        # --- what the model runs with
        # https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
        log_group = f"/aws/sagemaker/Endpoints/{self.endpoint}"
        logs = owned_log_group(
            self, "EndpointLogs", key=key, days=settings.log_retention_days, log_group_name=log_group
        )
        role = model_role(
            self, "ModelRole", endpoint=self.endpoint, bucket=bucket, key=key, log_group=log_group, network=network
        )

        # --- what deploys it
        serving = self._serving(
            package_group=package_group, role=role, key=key, lake=lake, topic=alarm_topic, network=network
        )
        deploy = python_function(
            self,
            "Deploy",
            folder="deploy_model",
            description="Brings the endpoint to serve the newest approved version",
            key=key,
            log_days=settings.log_retention_days,
            memory_mb=256,
            timeout_seconds=900,  # it waits for the endpoint's deletion, which waits for the end of an update
            environment={"SERVING": serving},
            allow=deploy_permissions(
                self, endpoint=self.endpoint, package_group=package_group, role=role, bucket=bucket, key=key
            ),
        )
        removed = cdk.CustomResource(
            self,
            "Endpoint",
            resource_type="Custom::Endpoint",
            service_token=deploy.function_arn,
            service_timeout=cdk.Duration.minutes(16),
            properties={"Serving": serving},  # so that the function is called when it changes
        )
        removed.node.add_dependency(logs)  # which the endpoint would make again

        # --- wiring: when it looks
        for rule in self._rules(package_group, deploy, alarm_topic):
            rule.node.add_dependency(removed)  # no event may bring back what has been removed

        # --- alarms
        function_alarm(self, "DeployErrors", "An approved version could not be deployed", alarm_topic, deploy)
        self._alarms(alarm_topic)

        # --- outputs
        cdk.CfnOutput(self, outputs.ENDPOINT, value=self.endpoint)

    def _serving(
        self,
        *,
        package_group: str,
        role: iam.Role,
        key: kms.IKey,
        lake: s3.IBucket,
        topic: sns.ITopic,
        network: JobNetwork | None,
    ) -> str:
        """lambdas/deploy_model/configuration.py says what each is."""
        settings = self.settings
        return self.to_json_string(
            {
                "endpoint": self.endpoint,
                "package_group": package_group,
                "role": role.role_arn,
                "key": key.key_arn,
                "bucket": lake.bucket_name,
                "topic": topic.topic_arn,
                "kind": settings.endpoint,
                "instance_type": settings.endpoint_instance,
                "instances": settings.endpoint_instances,
                "max_instances": settings.endpoint_max_instances,
                "requests_per_minute": settings.endpoint_requests_per_minute,
                "memory_mb": settings.endpoint_memory_mb or MEMORY_MB,
                "concurrency": settings.endpoint_concurrency or CONCURRENCY,
                "challenger_share": settings.challenger_share,
                "capture_percent": settings.capture_percent,
                "canary_percent": settings.canary_percent,
                "canary_minutes": settings.canary_minutes,
                "latency_ms": settings.endpoint_latency_ms,
                "tags": {"project": settings.prefix},
                "vpc_config": network.vpc_config if network is not None else None,
            }
        )

    def _rules(self, package_group: str, deploy: lambda_.Function, topic: sns.ITopic) -> list[events.CfnRule]:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html."""
        undelivered = dead_letters(self, "Undelivered", topic=topic)
        watched = {
            # not a version that is only registered: it would bring back an endpoint that somebody has deleted
            "Decided": (
                "SageMaker Model Package State Change",
                {"ModelPackageGroupName": [package_group], "ModelApprovalStatus": ["Approved", "Rejected"]},
            ),
            # the ends of deployments; in the example of the page in capitals, in the API's descriptions not
            "Deployed": (
                "SageMaker Endpoint State Change",
                {
                    "EndpointName": [self.endpoint],
                    "EndpointStatus": ["IN_SERVICE", "InService", "FAILED", "Failed"],
                },
            ),
        }
        return [
            run_on_event(
                self,
                name,
                description=f"Looks what the endpoint should serve: {kind}",
                pattern={"source": ["aws.sagemaker"], "detail-type": [kind], "detail": detail},
                function=deploy,
                dead_letters=undelivered,
            )
            for name, (kind, detail) in watched.items()
        ]

    def _alarms(self, topic: sns.ITopic) -> None:
        """On what clients see, whichever version answers; deployments have alarms of their own, on the new fleet only.

        https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
        """
        for variant in ("Champion", "Challenger") if self.settings.challenger_share else ("Champion",):
            of_variant = {"EndpointName": self.endpoint, "VariantName": variant}
            alarm(
                self,
                f"{variant}Errors",
                f"The {variant.lower()} fails more than one request in twenty",
                topic,
                metric("AWS/SageMaker", "Invocation5XXErrors", "Average", of_variant),
                above=0.05,
            )
            alarm(
                self,
                f"{variant}Latency",
                f"The {variant.lower()} takes more than {self.settings.endpoint_latency_ms} ms on average",
                topic,
                metric("AWS/SageMaker", "ModelLatency", "Average", of_variant),
                above=self.settings.endpoint_latency_ms * 1000,  # microseconds
            )
