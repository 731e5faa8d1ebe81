"""Lambda's event source mappings: records of streams and messages of queues, in batches, to functions."""

from localcloud.cloud import Cloud
from localcloud.event_sources import api  # noqa: F401 - importing registers the patches
from localcloud.event_sources.engine import EventSources

TITLE = "Lambda event source mappings"
REAL = (
    "Kinesis streams, DynamoDB streams, SQS queues, standard and FIFO: created, read, updated, disabled, deleted, "
    "tagged, with Lambda's defaults, states and refusals; one that is enabled again goes on where it ended",
    "streams: batch size and window, 6 MB, TRIM_HORIZON, LATEST, AT_TIMESTAMP, parallelization by partition key, "
    "bisection, reported item failures, retries, record age, filters, tumbling windows with their state, parents "
    "before children; what is given up goes to SQS, SNS or, with the records, to S3",
    "queues: batches over 10 with a window, the visibility timeout retries, reported item failures, order of FIFO "
    "groups, MaximumConcurrency, redrive; messages that a filter keeps back are deleted",
    "sources are read with the function's execution role: the IAM recorder sees it, and a cloud that enforces refuses "
    "it, at creation too; LastProcessingResult tells what the problem is",
    "IteratorAge, and EventCount where MetricsConfig asks for it",
)
DIFFERENT = (
    "a record reaches its function as soon as it is put, where AWS polls once a second; windows, record ages and "
    "pauses between retries pass at the cloud's speed, tumbling windows lie on its clock",
    "AWS does not say how long it pauses between retries: here 0.5 seconds, doubled up to a minute",
    "a function runs twice at a time, so a queue has two pollers, and a third shard or lane waits",
    "streams are read in this process: there are no read limits, and no iterator expires",
    "LastProcessingResult of a queue is told while there is a problem; filters are kept as they are, also with a "
    "KMSKeyArn",
    "refused by name: Kafka, Amazon MQ, DocumentDB, consumers with enhanced fan-out, provisioned pollers, logging "
    "configuration, metrics of errors",
)


def engine(cloud: Cloud) -> EventSources:
    """The mappings of one cloud."""
    return EventSources(cloud)
