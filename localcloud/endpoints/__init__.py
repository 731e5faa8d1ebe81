"""SageMaker real-time endpoints: models as HTTP processes behind InvokeEndpoint."""

from localcloud.cloud import Cloud
from localcloud.endpoints import api, configs  # noqa: F401 - importing registers their patches
from localcloud.endpoints.engine import EndpointsEngine
from localcloud.endpoints.invoke import PATH, application
from localcloud.iam.routes import guarded

TITLE = "SageMaker real-time endpoints"
REAL = (
    "models, endpoint configurations and endpoints: each variant is a process that loads the model and serves /ping "
    "and /invocations over HTTP; Creating, InService, Failed with the script's own error, Updating, RollingBack; its "
    "output in CloudWatch Logs; started again when it dies, cut off after 60 seconds without an answer",
    "scripts are called as their image's container calls them (docs/containers.md): sagemaker-containers for the "
    "images of xgboost and scikit-learn, with their default handlers, AWS's own sagemaker-inference for all others; "
    "requirements.txt of the code; models as archives, objects and prefixes; code in the model or in S3",
    "InvokeEndpoint: weights, TargetVariant, payload limits, ModelError with the model's own status and message",
    "data capture in AWS's folders and JSON: sampling, content types, inference ids, KMS key",
    "blue/green updates all at once, canary or linear, with baking periods and rollback by CloudWatch alarms; requests "
    "under way are answered by the fleet that has them; scaled capacity and weights are retained on demand",
    "metrics of invocations, errors and latency per variant, and per variant and endpoint configuration; events of "
    "endpoints and of their deployments",
    "serverless endpoints with their limits",
)
DIFFERENT = (
    "one process a variant whatever its instance count or serverless concurrency; it answers one request at a time; "
    "scaling changes the numbers only, and nothing scales by itself",
    "a canary or step in percent is that share of the requests, where SageMaker turns on whole instances; which fleet "
    "a request gets is random",
    "without SAGEMAKER_PROGRAM or SAGEMAKER_SUBMIT_DIRECTORY, which the images of xgboost and scikit-learn need, "
    "code/inference.py of the model is taken, and the log says so; the built-in algorithms are not there",
    "images of other frameworks have sagemaker-inference's own default handlers, not their framework's",
    "scripts see worker, encoders, content_types and errors of sagemaker_containers.beta.framework; NPY bodies of "
    "objects are not unpickled, RecordIO is not decoded",
    "FailureReason names the script's error, where SageMaker says only that the container did not pass the health "
    "check; an alarm that does not exist is refused when the deployment begins",
    "MaximumExecutionTimeoutInSeconds is checked against the waits and not watched",
    "only answered requests are captured; up to 10,000 that S3 does not take are kept and tried again each minute",
    "instance types, volumes, network isolation, roles and the KMS keys of volumes are kept and not enforced; what a "
    "VpcConfig does is as for jobs",
    "refused by name: asynchronous and streamed invocation, multi-model and multi-container endpoints, inference "
    "components, shadow variants, rolling updates, explainers, sticky sessions",
)


def engine(cloud: Cloud) -> EndpointsEngine:
    """The engine of ``cloud``."""
    cloud.routes.append((PATH, guarded(application, "sagemaker-runtime")))
    return EndpointsEngine(cloud)
