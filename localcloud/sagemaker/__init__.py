"""SageMaker: jobs run as processes on the /opt/ml contract, pipelines run the definition that was deployed."""

from localcloud.sagemaker import jobs_api, pipelines, registry, tags  # noqa: F401 - importing registers their patches
from localcloud.sagemaker.engine import SageMakerEngine
from localcloud.server import LocalCloud


def engine(cloud: LocalCloud) -> SageMakerEngine:
    """The engine of ``cloud``."""
    return SageMakerEngine(cloud)
