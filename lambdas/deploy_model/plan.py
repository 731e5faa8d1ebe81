"""From versions to the requests that serve them: models, endpoint configuration, alarms, deployment.

Names end in a hash of what they name, so the name tells whether it is there already, and whether the endpoint serves
exactly that.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.deploy_model.configuration import Serving
from lambdas.deploy_model.registry import Version

CHAMPION, CHALLENGER = "Champion", "Challenger"  # names of variants: metrics, alarms and captured data have them
PROVISIONING_SECONDS = 3600  # more than the instances of a new fleet take to start
ERROR_RATE = 0.05

Request = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What serves ``version``, and beside it the champion when it is a challenger.

    Attributes:
        models: CreateModel requests.
        config: the CreateEndpointConfig request.
    """

    version: Version
    models: tuple[Request, ...]
    config: Request

    @property
    def name(self) -> str:
        """Of the endpoint configuration."""
        return str(self.config["EndpointConfigName"])

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(variant["VariantName"] for variant in self.config["ProductionVariants"])


def plan(serving: Serving, version: Version, champion: Version | None) -> Plan:
    """The requests for ``version``.

    Args:
        champion: gets what the challenger's share leaves; None when ``version`` gets all requests.
    """
    shares = [(CHAMPION, version, 1.0)]
    if champion is not None:
        share = serving.challenger_share
        shares = [(CHAMPION, champion, 1 - share), (CHALLENGER, version, share)]
    models = tuple(_model(serving, served) for _, served, _ in shares)
    variants = [
        {"VariantName": name, "ModelName": model["ModelName"], "InitialVariantWeight": weight, **_capacity(serving)}
        for (name, _, weight), model in zip(shares, models, strict=True)
    ]
    config: Request = {"ProductionVariants": variants, "Tags": _tags(serving)}
    if serving.kind == "instance":
        # AWS Config: sagemaker-endpoint-configuration-kms-key-configured. A serverless endpoint has no volume of ours.
        config |= {"KmsKeyId": serving.key, "DataCaptureConfig": _capture(serving)}
    return Plan(version, models, {"EndpointConfigName": _name(serving, version, config), **config})


def version_of(serving: Serving, config_name: str) -> int | None:
    """The number of the version that a configuration of ours is for; None of another's."""
    found = re.fullmatch(rf"{re.escape(serving.prefix)}(\d+)-[0-9a-f]{{8}}", config_name)
    return int(found[1]) if found else None


def update(serving: Serving, wanted: Plan, present: Mapping[str, int]) -> Request:
    """The UpdateEndpoint request: a canary, then the rest, back to the old fleet when an alarm of the new one rings.

    Where variants are scaled, their instances are kept; all else is the settings'. Without guardrails, so without a
    way back, are what they do not take: serverless endpoints, and a change of the names of variants, when a challenger
    comes for the first time or goes
    (https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html, deployment-guardrails-exclusions.html).

    Args:
        present: the variants in service, each with its number of instances.
    """
    request: Request = {"EndpointName": serving.endpoint, "EndpointConfigName": wanted.name}
    if serving.kind == "serverless":
        return request
    if serving.max_instances is not None:
        request |= {
            "RetainAllVariantProperties": True,
            "ExcludeRetainedVariantProperties": [
                {"VariantPropertyType": kind} for kind in ("DesiredWeight", "DataCaptureConfig")
            ],
        }
    if present.keys() == set(wanted.variants):
        instances = min(present.values()) if serving.max_instances is not None else serving.instances
        request["DeploymentConfig"] = _guardrails(serving, wanted, instances)
    return request


def alarms(serving: Serving, wanted: Plan) -> list[Request]:
    """PutMetricAlarm requests that judge the new fleet alone: its metrics have the name of its configuration.

    An alarm over both fleets would have the old one's answers in it, of which a canary has few; and it would hold
    back the very version that mends a failing one
    (https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html). Averages, so that three
    requests count as three thousand do: a canary may see few. What the model refuses with 4xx is the client's fault.
    """
    return [
        {
            "AlarmName": f"{wanted.name}-{variant}-{metric}",
            "AlarmDescription": f"{variant} of {wanted.name} {what}: its deployment is rolled back",
            "Namespace": "AWS/SageMaker",
            "MetricName": metric,
            "Statistic": "Average",
            "Dimensions": [
                {"Name": "EndpointName", "Value": serving.endpoint},
                {"Name": "VariantName", "Value": variant},
                {"Name": "EndpointConfigName", "Value": wanted.name},
            ],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": threshold,
            "TreatMissingData": "notBreaching",
            "AlarmActions": [serving.topic],
            "Tags": _tags(serving),
        }
        for variant in wanted.variants
        for metric, threshold, what in (
            ("Invocation5XXErrors", ERROR_RATE, f"fails more than {ERROR_RATE:.0%} of its requests"),
            ("ModelLatency", serving.latency_ms * 1000.0, f"takes more than {serving.latency_ms} ms"),
        )
    ]


def _guardrails(serving: Serving, wanted: Plan, instances: int) -> Request:
    bake = serving.canary_minutes * 60
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": _routing(serving, instances, bake),
            # Baked twice: as a canary, and with all traffic for this time
            # (https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html, "Baking").
            "TerminationWaitInSeconds": bake,
            "MaximumExecutionTimeoutInSeconds": 2 * bake + PROVISIONING_SECONDS,
        },
        "AutoRollbackConfiguration": {
            "Alarms": [{"AlarmName": alarm["AlarmName"]} for alarm in alarms(serving, wanted)]
        },
    }


def _routing(serving: Serving, instances: int, bake: int) -> Request:
    """A canary is at most half of the instances, so one instance has none: it gets all requests, and the same alarms.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html
    """
    if instances < 2:
        return {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    return {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": serving.canary_percent},
        "WaitIntervalInSeconds": bake,
    }


def _model(serving: Serving, version: Version) -> Request:
    request: Request = {
        "ExecutionRoleArn": serving.role,
        "Containers": [{"ModelPackageName": version.arn}],
        "Tags": _tags(serving),
        # AWS Config: sagemaker-model-isolation-enabled. Serverless endpoints do not take it
        # (https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, "Feature exclusions").
        "EnableNetworkIsolation": serving.kind == "instance",
    }
    if serving.vpc_config is not None:
        # An isolated container, too: SageMaker fetches the model through the VPC then
        # (https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html).
        request["VpcConfig"] = serving.vpc_config
    return {"ModelName": _name(serving, version, request), **request}


def _capacity(serving: Serving) -> Request:
    if serving.kind == "serverless":
        return {"ServerlessConfig": {"MemorySizeInMB": serving.memory_mb, "MaxConcurrency": serving.concurrency}}
    return {"InstanceType": serving.instance_type, "InitialInstanceCount": serving.instances}


def _capture(serving: Serving) -> Request:
    """SageMaker adds ``/<endpoint>/<variant>/yyyy/mm/dd/hh/``. With their types declared JSON and CSV stay readable.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
    """
    return {
        "EnableCapture": serving.capture_percent > 0,
        "InitialSamplingPercentage": serving.capture_percent,
        "DestinationS3Uri": f"s3://{serving.bucket}/capture",
        "KmsKeyId": serving.key,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }


def _name(serving: Serving, version: Version, request: Request) -> str:
    made_of = json.dumps(request, sort_keys=True).encode()
    return f"{serving.prefix}{version.number}-{hashlib.sha256(made_of).hexdigest()[:8]}"


def _tags(serving: Serving) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in serving.tags.items()]
