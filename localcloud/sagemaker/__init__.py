"""SageMaker: jobs run as processes on the /opt/ml contract, pipelines run the definition that was deployed."""

from localcloud.sagemaker import jobs_api, pipelines, registry, tags  # noqa: F401 - importing registers their patches
from localcloud.sagemaker.engine import SageMakerEngine
from localcloud.server import LocalCloud

TITLE = "SageMaker jobs, pipelines and registry"
REAL = (
    "processing, training (script mode), tuning and batch transform jobs: the script from S3 in a process of its own "
    "with the files, arguments and variables of a container, input and output through S3, model.tar.gz where "
    "SageMaker puts it, statuses and times, FailureReason with the script's own error, ExitMessage, metrics by "
    "MetricDefinitions, MaxRuntimeInSeconds, stop (SIGTERM, then SIGKILL), logs in CloudWatch Logs",
    "tuning: Bayesian and random search over all kinds of ranges and scales, early stopping by the median rule, "
    "target value, best training job",
    "pipelines: the deployed definition is what runs, with its parameters, functions (Get, Std:Join, Std:JsonGet), "
    "conditions and steps (Processing, Training, Tuning, Transform, Condition, Fail, RegisterModel, Model, Lambda), "
    "independent steps side by side, caching by SageMaker's own keys, stop, retry; a definition that is malformed in "
    "any part is refused as SageMaker refuses it, with the place",
    "model registry: versions, metrics, approval; deletion of versions and empty groups",
    "events on EventBridge: jobs, pipeline executions, steps, model packages; metrics of pipeline executions",
)
DIFFERENT = (
    "there is no container: code runs in this environment's Python (its xgboost, scikit-learn and pandas) whatever the "
    "image says, and /opt/ml is a folder for each job, so paths in arguments and variables are translated and code "
    "must find other paths by PROCESSING_ROOT and SM_*",
    "one instance a job; instance types, volumes, network isolation, KMS keys of volumes and roles are kept and not "
    "enforced",
    "a job with VpcConfig sends its requests from this machine: security groups, routes and policies of endpoints have "
    "no effect; for bucket policies they come through the gateway endpoint of S3 that its subnets have",
    "refused by name: built-in algorithms and entry points of images, Pipe mode, augmented manifests, compressed or "
    "sharded channels, continuous upload, manifests, filters and joins of transforms, inference pipelines, Hyperband "
    "and grid search, warm start, autotune; pipeline steps of other types (QualityCheck, ClarifyCheck, EMR, "
    "Callback, …), triggers in DependsOn, selective execution",
    "arguments of steps are checked against the operations' own requests, of which SageMaker's pipelines take some "
    "members later (aws/sagemaker-python-sdk#4994)",
    "a processing job that fails tells its script's error, where SageMaker says only to look into the log",
    "the files of a manifest lie at their paths below its prefix; AWS documents no place, so code must look in all "
    "folders below the input's",
    "at most two steps of an execution at once; after a failed step no other begins, those under way end first",
    "retry policies are taken and never needed: nothing here is throttled or out of capacity; spot training is never "
    "interrupted and saves nothing",
    "metrics of training jobs are in FinalMetricDataList, not in CloudWatch",
)


def engine(cloud: LocalCloud) -> SageMakerEngine:
    """The engine of ``cloud``."""
    return SageMakerEngine(cloud)
