"""The configuration files of a training container, /opt/ml/input/config.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html; instance groups
as sagemaker-training reads them (environment.py).
"""

from typing import Any

from localcloud.sagemaker.container import HOST, Container

CHECKPOINTS, TENSORBOARD, TENSORS = "/opt/ml/checkpoints", "/opt/ml/output/tensorboard", "/opt/ml/output/tensors"
_CONFIG = "/opt/ml/input/config"


def resource_config(request: dict[str, Any]) -> dict[str, Any]:
    """resourceconfig.json of the one instance; its network is this machine's loopback."""
    given = request.get("ResourceConfig") or {}
    group: dict[str, Any] = next(iter(given.get("InstanceGroups") or ()), {})
    kind = group.get("InstanceType") or given.get("InstanceType")
    name = group.get("InstanceGroupName", "homogeneousCluster")
    return {
        "current_host": HOST,
        "current_instance_type": kind,
        "current_group_name": name,
        "hosts": [HOST],
        "instance_groups": [{"instance_group_name": name, "instance_type": kind, "hosts": [HOST]}],
        "network_interface_name": "lo",
    }


def input_data_config(request: dict[str, Any]) -> dict[str, Any]:
    """inputdataconfig.json."""
    mode = request["AlgorithmSpecification"]["TrainingInputMode"]
    return {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode") or mode,
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get("S3DataDistributionType")
            or "FullyReplicated",
            "RecordWrapperType": channel.get("RecordWrapperType") or "None",
            **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
        }
        for channel in request.get("InputDataConfig") or ()
    }


def write(container: Container, request: dict[str, Any]) -> None:
    """All of them, and the folders that a container has from the start."""
    files = {
        "hyperparameters": request.get("HyperParameters") or {},
        "inputdataconfig": input_data_config(request),
        "resourceconfig": resource_config(request),
    }
    if checkpoints := request.get("CheckpointConfig"):
        files["checkpointconfig"] = {"LocalPath": CHECKPOINTS, **checkpoints}
    if hook := request.get("DebugHookConfig"):
        files["debughookconfig"] = {"LocalPath": TENSORS, **hook}
    for name, content in files.items():
        container.write_json(f"{_CONFIG}/{name}.json", content)
    for name in ("code", "model", "output/data", "output/intermediate"):
        container.folder(f"/opt/ml/{name}")
