"""Instance types that jobs and endpoints can have."""

import re

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html lists them; AWS adds some each year
INSTANCE_TYPE = r"^ml\.[a-z0-9-]+\.(medium|large|\d*xlarge)$"

# Endpoints: x86, as AWS's image of XGBoost 3.2-0 is, and without a local disk. Those disks SageMaker encrypts with a
# key of the hardware, and it refuses an endpoint configuration that names ours for them
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html, KmsKeyId).
ENDPOINT_FAMILIES = (
    "t2", "m4", "m5", "m6i", "m7i", "c4", "c5", "c6i", "c6in", "c7i", "r5", "r6i", "r7i",
)  # fmt: skip

# Monitoring jobs: the same of what processing jobs may run on, for their volumes are encrypted with our key, too
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingClusterConfig.html, VolumeKmsKeyId).
MONITOR_FAMILIES = ("t3", "m4", "m5", "m6i", "m7i", "c4", "c5", "c6i", "c7i", "r5", "r6i", "r7i")

# Of the training pipeline's jobs, which may run on any type: the volumes that our key can encrypt.
_KEY_FAMILIES = {*ENDPOINT_FAMILIES, *MONITOR_FAMILIES}


def takes_volume_key(instance: str) -> bool:
    """Whether a job on this type can have its volume encrypted with our key: where in doubt, no.

    A local disk is encrypted by the hardware, and with a key of ours for it SageMaker refuses the job
    (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html, VolumeKmsKeyId).
    """
    return instance.split(".")[1] in _KEY_FAMILIES


def of_families(instance: str, families: tuple[str, ...]) -> str:
    """The type, when it is of one of ``families``. Raises ValueError with what it must be."""
    if not re.fullmatch(rf"ml\.({'|'.join(families)})\.(medium|large|\d*xlarge)", instance):
        raise ValueError(
            "it must be an x86 type without a local disk, which our key could not encrypt: ml., one of "
            f"{', '.join(families)}, and a size"
        )
    return instance
