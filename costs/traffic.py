"""What the demo's traffic adds: each activity by the units it uses, from the templates and stated assumptions."""

from collections.abc import Iterator
from dataclasses import dataclass

from costs import runs
from costs.templates import Resource, Stack
from costs.use import Use
from settings import Settings

MILLION = 1_000_000
GB = 2.0**30
MIB = 2.0**20
KB = 1024

# Assumptions about the demo's traffic; tests/stacks/test_cost.py holds those of the data against the data.
EVENT_BYTES = 295  # of a flight event as JSON, mean of January and June 2013
EVENTS_A_DAY = 1_800  # which is what a partition of a day gets
COPIES = 2  # of what is delivered: Parquet, and the backup as it came
FLYING_SHARE = 0.8  # of a day: between 1 and 5 in the morning nothing happens
TRANSFORM_SECONDS_A_RECORD = 0.0002  # arm64 with 512 MB; a record is parsed, checked and written again
LOG_BYTES_A_CALL = 1_000  # START, END, REPORT and the handler's own line
PARQUET_SHARE, BACKUP_SHARE = 0.10, 0.12  # of the JSON: Parquet with Snappy, and gzip
PUT_UNIT_BYTES = 25 * KB  # https://aws.amazon.com/kinesis/data-streams/pricing/
ON_DEMAND_STEP = KB  # a record is rounded up to it (same page)
FIREHOSE_STEP = 5 * KB  # a record is rounded up to it (https://aws.amazon.com/firehose/pricing/)
KMS_CALLS_AN_OBJECT = 1  # with bucket keys at most one
ATHENA_MINIMUM_BYTES = 10 * MIB  # a query is billed at least so much (https://aws.amazon.com/athena/pricing/)
TB = 2.0**40
REQUEST_BYTES, ANSWER_BYTES = 400, 60  # of an invocation for one flight
CAPTURED_BYTES = 1_500  # of a captured request with its answer
PREDICTION_SECONDS = 0.05
# of an event that is kept and scored; tests/integration/scoring counts the reads
ROW_WRITES, COUNTER_WRITES, SCORE_WRITES = 2, 4, 2  # write units: a row, two counters, all in a transaction; a score
LOOKED_UP = 7  # read units: its row, two ranges, four reference items
SCORING_SECONDS = 0.05
ITEM_BYTES = 1_000
ENDPOINT = "Custom::Endpoint"  # of the function that makes one


@dataclass(frozen=True)
class Activity:
    """Something the demo does.

    Attributes:
        what: and how much of it, such as "1,000,000 events".
        stack: in which it happens.
    """

    what: str
    stack: str
    uses: tuple[Use, ...]


def activities(stacks: tuple[Stack, ...], settings: Settings) -> tuple[Activity, ...]:
    return tuple(activity for stack in stacks for activity in _of(stack, settings))


def _of(stack: Stack, settings: Settings) -> Iterator[Activity]:
    if list(stack.of("AWS::Lambda::EventSourceMapping")):
        yield Activity("1,000,000 events kept, half of them scored", stack.name, tuple(_scores()))
        return  # its stream has the scores, not the events
    for stream in stack.of("AWS::Kinesis::Stream"):
        days = MILLION / EVENTS_A_DAY
        # A replay fills the partition of a day within a buffer; in real time each buffer holds a few events.
        yield Activity("1,000,000 events, replayed", stack.name, tuple(_events(stream, settings, objects=days)))
        live = days * FLYING_SHARE * 86_400 / settings.buffer_seconds
        what = f"1,000,000 events as they happened, in {days:.0f} days"
        yield Activity(what, stack.name, tuple(_events(stream, settings, objects=live)))
    crawlers, jobs = list(stack.of("AWS::Glue::Crawler")), list(stack.of("AWS::Glue::Job"))
    if crawlers or jobs:
        uses = (*(runs.crawl(crawler) for crawler in crawlers), *(runs.glue_job(job) for job in jobs))
        yield Activity(f"a curation: {len(crawlers)} crawlers, {len(jobs)} job", stack.name, uses)
    for pipeline in stack.of("AWS::SageMaker::Pipeline"):
        name = pipeline.properties["PipelineName"]
        yield Activity(f"a run of the pipeline {name}", stack.name, runs.pipeline(pipeline))
    queries = len(list(stack.of("AWS::Athena::NamedQuery")))
    if queries:
        scanned = Use("athena.scanned_tb", queries * ATHENA_MINIMUM_BYTES / TB, f"{queries} x the billed minimum")
        yield Activity(f"all {queries} named queries", stack.name, (scanned,))


def _events(stream: Resource, settings: Settings, *, objects: float) -> Iterator[Use]:
    """A million events that are delivered in ``objects`` objects, and as many of the backup.

    No object moves into Intelligent-Tiering: each is smaller than the 128 KB below which S3 leaves them
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html).
    """
    if stream.properties.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND":
        gigabytes = MILLION * rounded_up(EVENT_BYTES, ON_DEMAND_STEP) / GB
        yield Use("kinesis.on_demand_in_gb", gigabytes, "each record rounded up to 1 KB")
        yield Use("kinesis.on_demand_out_gb", gigabytes)
    else:
        units = rounded_up(EVENT_BYTES, PUT_UNIT_BYTES) / PUT_UNIT_BYTES
        yield Use("kinesis.put_unit", MILLION * units, "one a record")
    billed = MILLION * rounded_up(EVENT_BYTES, FIREHOSE_STEP) / GB
    yield Use("firehose.ingested_gb", billed, "each record rounded up to 5 KB")
    yield Use("firehose.converted_gb", billed, "each record rounded up to 5 KB")
    yield Use("firehose.partitioned_gb", MILLION * EVENT_BYTES / GB)
    yield Use("firehose.partitioned_object", objects)
    calls = max(MILLION * EVENT_BYTES / (settings.transform_buffer_mib * MIB), objects)
    yield Use("lambda.request", calls)
    gb_seconds = MILLION * TRANSFORM_SECONDS_A_RECORD * settings.transform_memory_mb / 1024
    yield Use("lambda.gb_second", gb_seconds)
    yield Use("logs.ingested_gb", calls * LOG_BYTES_A_CALL / GB)
    yield Use("s3.put", COPIES * objects)
    yield Use("kms.request", COPIES * objects * KMS_CALLS_AN_OBJECT)
    kept = MILLION * EVENT_BYTES * (PARQUET_SHARE + BACKUP_SHARE) / GB
    yield Use("s3.storage_gb_month", kept, "for a month")


def _scores() -> Iterator[Use]:
    """Events as they happen, each in a call of its own of every function; replayed they share calls."""
    scored = MILLION / 2
    writes = MILLION * ROW_WRITES + scored * (COUNTER_WRITES + SCORE_WRITES)
    yield Use("dynamodb.write_unit", writes, "rows and counters in transactions, scores")
    yield Use("dynamodb.read_unit", MILLION + scored * LOOKED_UP, "consistent")
    yield Use("lambda.request", MILLION + 2 * scored)
    yield Use("lambda.gb_second", (MILLION * 0.5 + scored * 1.0) * SCORING_SECONDS)
    yield Use("logs.ingested_gb", (MILLION + 2 * scored) * LOG_BYTES_A_CALL / GB)
    yield Use("kinesis.put_unit", scored)
    yield Use("dynamodb.storage_gb_month", MILLION * ITEM_BYTES / GB, "rows and scores, for a month")
    yield Use("dynamodb.recovery_gb_month", MILLION * ITEM_BYTES / GB, "the same, restorable")


def endpoint(settings: Settings) -> tuple[Use, ...]:
    """What an endpoint adds to an hour while it serves; nothing without one, or without servers."""
    if settings.endpoint != "instance":
        return ()
    variants = 2 if settings.challenger_share > 0 else 1
    instances = variants * settings.endpoint_instances
    return (Use(f"sagemaker.{settings.endpoint_instance}", instances, f"{instances} x {settings.endpoint_instance}"),)


def predictions(settings: Settings) -> Activity | None:
    """What 1,000 predictions add to an endpoint that serves."""
    if settings.endpoint == "off":
        return None
    moved = 1000 * (REQUEST_BYTES + ANSWER_BYTES) / GB
    share = (
        settings.capture_percent / 100 if settings.endpoint == "instance" else 0
    )  # serverless endpoints capture nothing
    captured = 1000 * CAPTURED_BYTES * share / GB
    uses = [Use("s3.storage_gb_month", captured, "captured, for a month")]
    if settings.endpoint == "serverless":
        memory = (settings.endpoint_memory_mb or 2048) / 1024
        uses.append(Use("sagemaker.serverless_gb_second", 1000 * PREDICTION_SECONDS * memory, f"{memory:g} GB"))
    uses.append(Use("sagemaker.inference_gb", moved))
    return Activity("1,000 predictions", "", tuple(uses))


def rounded_up(size: int, step: int) -> int:
    return -(-size // step) * step
