"""Step Functions on moto's interpreter of the Amazon States Language, which is localstack's."""

from localcloud.cloud import Cloud
from localcloud.step_functions import (  # noqa: F401 - importing registers the patches
    callbacks,
    calls,
    choices,
    executions,
    expressions,
    history,
    integrations,
    machines,
    map_runs,
    map_state,
    parsing,
    paths,
    redrive,
    shapes,
    tags,
    test_state,
    timing,
    validation,
    versions,
)
from localcloud.step_functions.engine import StepFunctionsEngine

TITLE = "Step Functions"
REAL = (
    "all states of the Amazon States Language in JSONPath and JSONata, with variables, intrinsic functions, "
    "Retry, Catch, timeouts and heartbeats; definitions are checked with Step Functions' codes, "
    "ValidateStateMachineDefinition too",
    "tasks: Lambda, SQS, SNS, EventBridge, DynamoDB, Glue, Athena, SageMaker, nested executions, activities, and "
    "any operation of the AWS SDK that this cloud has, called with the credentials of the machine's role or of "
    "the state's Credentials; errors have the names of AWS's SDK for Java",
    ".sync and .sync:2 of Glue job runs, Athena queries, SageMaker processing, training, transform and tuning "
    "jobs, and nested executions: the job is stopped with the state; .waitForTaskToken with SendTaskSuccess, "
    "SendTaskFailure and SendTaskHeartbeat",
    "Map: inline, and distributed with child executions, item readers (lists of objects, CSV, JSON, JSON lines, "
    "Parquet), ItemBatcher, MaxConcurrency, tolerated failures, ResultWriter, and the API of Map runs",
    "standard and Express machines, StartSyncExecution, versions, aliases with weights, RedriveExecution, "
    "TestState, tags",
    "histories, logs by the logging configuration, metrics, Execution Status Change events; EventBridge rules and "
    "schedules start executions",
)
DIFFERENT = (
    "Wait states and pauses between retries pass at the cloud's speed; TimeoutSeconds and HeartbeatSeconds do not",
    "40 children of a distributed Map run at once, where AWS has 10,000",
    "a redriven execution goes on at the state of its own that failed: a Parallel or Map state runs again as a whole",
    "refused by name: item readers of manifests and inventories, .sync of other services, TestState with mock, "
    "context or stateConfiguration",
    "aliases of a stack with a gradual deployment preference shift at once",
    "tracing and encryption configurations are kept, and nothing follows from them",
    "quotas other than the size of inputs and results are not enforced; histories have no limit of 25,000 events",
)


def engine(cloud: Cloud) -> StepFunctionsEngine:
    """The executions of one cloud."""
    return StepFunctionsEngine(cloud)
