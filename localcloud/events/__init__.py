"""EventBridge: events reach the targets of the rules they match."""

from localcloud.cloud import Cloud
from localcloud.events import api, s3, sns  # noqa: F401 - importing registers the patches
from localcloud.events.engine import EventsEngine

TITLE = "EventBridge, and what SNS and S3 send"
REAL = (
    "rules on any bus, with all operators of event patterns, and by schedules; TestEventPattern",
    "targets Lambda, Step Functions, SNS, SQS, SageMaker pipelines, Kinesis, Data Firehose, log groups, other buses, "
    "archives; Input, InputPath, InputTransformer with its own placeholders, dynamic parameters",
    "PutEvents answers at once; deliveries begin in order for each target, are retried by RetryPolicy, and end in the "
    "dead-letter queue with EventBridge's attributes, or in the log",
    "events of S3 objects, Glue jobs and crawlers, SageMaker, CloudWatch alarms",
    "SNS to SQS, Lambda and HTTP by its filter policies, with retries and dead-letter queues; bucket notifications to "
    "SQS, SNS and Lambda",
)
DIFFERENT = (
    "schedules of rules follow Scheduler's clock, which passes at the cloud's speed",
    "unless policies are enforced (see IAM), a rule without its AWS::Lambda::Permission works here",
    "of failures of the network the code is CONNECTION_FAILURE or TIMEOUT; they are retried like throttling",
    "retries pause 1 s, 2 s, 4 s … up to 15 minutes at the cloud's speed; AWS does not say how long",
    "refused by name: Glue workflows, API destinations and all other targets",
    "a placeholder whose path is not in the event is null (inside quotes: nothing)",
    "of S3, only Object Created and Object Deleted are sent",
    "SNS sends no e-mail and no SMS; its messages to functions carry no valid signature",
)


def engine(cloud: Cloud) -> EventsEngine:
    """The deliveries of one cloud."""
    return EventsEngine(cloud)
