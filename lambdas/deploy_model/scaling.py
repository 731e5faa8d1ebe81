"""Scaling of the variants by their requests, and the alarms of deployments."""

from typing import Any

from lambdas.deploy_model.configuration import Serving
from lambdas.deploy_model.plan import CHALLENGER, CHAMPION, Plan, alarms

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
SCALE_IN_SECONDS, SCALE_OUT_SECONDS = 300, 60  # out fast, for a slow client leaves; in slowly, for peaks come back


class Scaling:
    """Scalable targets of the endpoint's variants. https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html

    Args:
        client: of Application Auto Scaling.
    """

    def __init__(self, client: Any, serving: Serving) -> None:
        self._client = client
        self._serving = serving

    def apply(self, variants: set[str]) -> None:
        """Scale ``variants`` as the settings say, and no others; what is so already stays so."""
        wanted = variants if self._serving.kind == "instance" and self._serving.max_instances else set()
        self.stop({CHAMPION, CHALLENGER} - wanted)
        for variant in sorted(wanted):
            target = {
                "ServiceNamespace": "sagemaker",
                "ScalableDimension": DIMENSION,
                "ResourceId": self._id(variant),
            }
            self._client.register_scalable_target(
                **target, MinCapacity=self._serving.instances, MaxCapacity=self._serving.max_instances
            )
            self._client.put_scaling_policy(
                **target,
                PolicyName="requests",
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration={
                    "TargetValue": float(self._serving.requests_per_minute),
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                    },
                    "ScaleInCooldown": SCALE_IN_SECONDS,
                    "ScaleOutCooldown": SCALE_OUT_SECONDS,
                },
            )

    def stop(self, variants: set[str]) -> None:
        """Deregister those of ``variants`` that are scaled, with their policies."""
        ids = [self._id(variant) for variant in sorted(variants)]
        if not ids:
            return
        answer = self._client.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=ids, ScalableDimension=DIMENSION
        )
        for target in answer["ScalableTargets"]:
            self._client.deregister_scalable_target(
                ServiceNamespace="sagemaker", ResourceId=target["ResourceId"], ScalableDimension=DIMENSION
            )

    def _id(self, variant: str) -> str:
        return f"endpoint/{self._serving.endpoint}/variant/{variant}"


class RollbackAlarms:
    """Alarms that roll a deployment back; there from its start to its end.

    Args:
        client: of CloudWatch.
    """

    def __init__(self, client: Any, serving: Serving) -> None:
        self._client = client
        self._serving = serving

    def put(self, wanted: Plan) -> None:
        for alarm in alarms(self._serving, wanted):
            self._client.put_metric_alarm(**alarm)

    def delete(self) -> None:
        pages = self._client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=self._serving.prefix)
        names = [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]]
        if names:
            self._client.delete_alarms(AlarmNames=names)
