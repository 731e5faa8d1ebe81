"""A SageMaker pipeline from a committed definition: sentinels become references, defaults come from the settings."""

import json
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from pipelines.definition import IMAGES, SKLEARN, XGBOOST, Sentinel, committed, image_name, render
from settings.instances import takes_volume_key
from stacks.parts.job_network import JobNetwork, steps_inside

FRAMEWORKS = {Sentinel.XGBOOST_IMAGE: XGBOOST, Sentinel.SKLEARN_IMAGE: SKLEARN}


class Images:
    """AWS's images of ``frameworks``, which each region keeps in an account of its own."""

    def __init__(self, stack: cdk.Stack, *frameworks: str) -> None:
        self._stack = stack
        known = json.loads(committed(IMAGES))
        self._images: dict[str, Any] = {framework: known[framework] for framework in frameworks}
        accounts: dict[str, dict[str, Any]] = {}
        for framework, image in self._images.items():
            for region, account in image["registries"].items():
                accounts.setdefault(region, {})[_column(framework)] = account
        self._accounts = cdk.CfnMapping(stack, "ImageAccounts", mapping=accounts, lazy=True)

    def uri(self, framework: str) -> str:
        host = f"{self._account(framework)}.dkr.ecr.{self._stack.region}.{self._stack.url_suffix}"
        return f"{host}/{image_name(framework)}"

    def repository_arns(self, *frameworks: str) -> tuple[str, ...]:
        """Of the images of ``frameworks``, or of all."""
        return tuple(
            self._stack.format_arn(
                service="ecr",
                account=self._account(framework),
                resource="repository",
                resource_name=image["repository"],
            )
            for framework, image in self._images.items()
            if framework in frameworks or not frameworks
        )

    def _account(self, framework: str) -> str:
        return self._accounts.find_in_map(self._stack.region, _column(framework))


def _column(framework: str) -> str:
    return framework.replace("-", "")  # a mapping's names have letters and digits only


def definition(
    scope: Construct,
    name: str,
    values: dict[Sentinel, str],
    *,
    defaults: dict[str, str | float],
    spot: bool = False,
    starts_by_itself: bool = False,
    network: JobNetwork | None = None,
) -> str:
    """The definition ``name`` of `pipelines.definition` as the text that SageMaker takes.

    Args:
        values: of the sentinels.
        defaults: of pipeline parameters, instead of those in the definition.
        starts_by_itself: on a schedule or an event, so with the same parameters and other data. A step cache looks at
            the address of its input and not at what is there
            (https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html): the first step, which reads
            the curated table, is then run every time, and with it all that follow.
        network: that its jobs run in.

    Raises:
        ValueError: a default is for no parameter of the definition.
    """
    document = json.loads(render(name, values, spot=spot))
    parameters = {parameter["Name"]: parameter for parameter in document["Parameters"]}
    if unknown := defaults.keys() - parameters.keys():
        raise ValueError(f"{scope.node.path}: {name} has no parameter {', '.join(sorted(unknown))}")
    for parameter, value in defaults.items():
        parameters[parameter]["DefaultValue"] = value
    _drop_keys_of_local_disks(document["Steps"], {name: item["DefaultValue"] for name, item in parameters.items()})
    if starts_by_itself:
        del document["Steps"][0]["CacheConfig"]
    if network is not None:
        steps_inside(document, network)
    return json.dumps(document, separators=(",", ":"))


def _drop_keys_of_local_disks(node: Any, defaults: dict[str, Any]) -> None:
    """Jobs on types whose volume takes no key of ours have none; the type is a parameter with a default."""
    if isinstance(node, list):
        for item in node:
            _drop_keys_of_local_disks(item, defaults)
    elif isinstance(node, dict):
        if "VolumeKmsKeyId" in node:
            instance = defaults[node["InstanceType"]["Get"].removeprefix("Parameters.")]
            if not takes_volume_key(instance):
                del node["VolumeKmsKeyId"]
        for item in node.values():
            _drop_keys_of_local_disks(item, defaults)
