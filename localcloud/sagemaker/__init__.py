"""SageMaker: jobs run as processes on the /opt/ml contract, pipelines run the definition that was deployed."""

from localcloud.cloud import Cloud
from localcloud.sagemaker import (  # noqa: F401 - importing registers their patches
    answers,
    jobs_api,
    lists,
    pipelines,
    registry,
    search_api,
    tags,
)
from localcloud.sagemaker.engine import SageMakerEngine
from localcloud.sagemaker.members import without_effect

TITLE = "SageMaker jobs, pipelines and registry"
REAL = (
    "processing, training, tuning and batch transform jobs: the code from S3 in a process of its own with the files, "
    "arguments and variables of a container, input and output through S3, model.tar.gz or an uncompressed model where "
    "SageMaker puts it, statuses and times, FailureReason with the code's own error, ExitMessage, metrics by "
    "MetricDefinitions, MaxRuntimeInSeconds, stop (SIGTERM, then SIGKILL), logs in CloudWatch Logs",
    "/opt/ml of each job and endpoint worker on Linux, by a mount namespace of its own, so that code with fixed paths, "
    "shell scripts and native libraries find their files; `mlref doctor` tells whether this machine allows it",
    "scripts (.py, .sh), packages with a setup.py, container entry points (ModelTrainer, FrameworkProcessor); "
    "requirements.txt and `pip install` go into an environment of the job's own",
    "checkpoints down from and up to S3 with LocalPath, TensorBoard and debugger tensors to S3, continuous outputs of "
    "processing jobs, a trial component for an ExperimentConfig, EnableNetworkIsolation (no network, no credentials)",
    "tuning: Bayesian and random search over all kinds of ranges and scales, early stopping by the median rule, "
    "target value, best training job",
    "pipelines: the deployed definition is what runs, with its parameters, functions (Get, Std:Join, Std:JsonGet), "
    "conditions and steps (Processing, Training, Tuning, Transform, Condition, Fail, RegisterModel, Model, Lambda), "
    "independent steps side by side, caching by SageMaker's own keys, stop, retry; a definition that is malformed in "
    "any part is refused as SageMaker refuses it, with the place",
    "model registry: versions, metrics, approval; deletion of versions and empty groups",
    "Search of jobs, experiments, models, endpoints, pipelines and the registry, by all operators, nested filters and "
    "subexpressions",
    "events on EventBridge: jobs, pipeline executions, steps, model packages; metrics of pipeline executions",
)
DIFFERENT = (
    "there is no container: code runs in this environment's Python (its xgboost, scikit-learn and pandas) and with "
    "this machine's programs, as the user who started the cloud, whatever the image says; a container's runs as root, "
    "with HOME=/root; processing and container entry points start in /opt/ml, not in /",
    "no disk has VolumeSizeInGB: what an archive holds may take half of what is free on this machine's",
    "where no mount namespace is allowed (macOS, most containers, Ubuntu from 23.10 on), paths below /opt/ml "
    "are translated in the job's own Python, in the words of its commands and in its .sh files; native readers "
    "(pyarrow, xgboost's own files, sqlite3, shared libraries) and other programs do not find them there and need "
    "PROCESSING_ROOT or SM_*; LOCALCLOUD_OPT_ML=translated chooses this way; network isolation then takes the "
    "credentials only",
    "a package whose version a script changes by pip while it runs is imported as the script asks only when its "
    "folder mentions pip, requirements.txt or setup.py: such code starts without imported libraries",
    "one instance a job; instance types, volumes and KMS keys of volumes are kept and not enforced",
    "a job with VpcConfig sends its requests from this machine: security groups, routes and policies of endpoints have "
    "no effect; for bucket policies they come through the gateway endpoint of S3 that its subnets have",
    "refused by name: built-in algorithms and entry points of images, Pipe mode, augmented manifests, compressed, "
    "wrapped and file system channels, debugger and profiler rules, the profiler, warm starts, training plans, "
    "datasets from Athena and Redshift, filters and joins of transforms, inference pipelines, Hyperband and grid "
    "search, autotune; pipeline steps of other types (QualityCheck, ClarifyCheck, EMR, Callback, …), triggers in "
    "DependsOn, selective execution",
    f"taken without effect: {without_effect()}",
    "objects whose keys no file system takes (.. or . in a path, a and a/b together, parts over 255 bytes) fail the "
    "job; links in outputs are followed as the job sees them, and fail it where they lead out of /opt/ml",
    "a metric's regular expression that needs more than a second for a line does not match it",
    "a processing job that fails tells its script's error, where SageMaker says only to look into the log",
    "the files of a manifest lie at their paths below its prefix; AWS documents no place, so code must look in all "
    "folders below the input's",
    "at most two steps of an execution at once; after a failed step no other begins, those under way end first",
    "calls of steps are tried again when they are throttled or meet a fault, as without a retry policy; policies are "
    "taken without effect, for nothing here is out of capacity; spot training is never interrupted and saves nothing",
    "metrics of training jobs are in FinalMetricDataList, not in CloudWatch",
)


def engine(cloud: Cloud) -> SageMakerEngine:
    """The engine of ``cloud``."""
    return SageMakerEngine(cloud)
