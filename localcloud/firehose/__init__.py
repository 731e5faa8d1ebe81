"""Amazon Data Firehose: records flow from Kinesis or PutRecord through Lambda and Parquet into S3.

moto keeps descriptions; a pipeline a delivery stream does the work, by Firehose's rules on batches, retries,
partitions, buffers, prefixes and error outputs.
"""

from localcloud.cloud import Cloud
from localcloud.firehose import api  # noqa: F401 - importing registers the patches
from localcloud.firehose.engine import FirehoseEngine

TITLE = "Data Firehose"
REAL = (
    "sources Kinesis (from LATEST, all shards, over splits and merges, order kept per shard) and "
    "PutRecord(Batch) with "
    "its limits",
    "Lambda transformation with its event, buffering, retries, Ok, Dropped, ProcessingFailed, and the codes "
    "of missing, "
    "doubled or malformed answers, of failing and of missing functions",
    "dynamic partitions by partitionKeyFromLambda (500 active), one buffer each; buffers by size or age",
    "JSON to Parquet by the Glue table as it is when the object is made (Hive types, OpenX key mappings, INT96 "
    "timestamps), records that do not fit in the error output",
    "prefix expressions with Java time patterns and time zones, object names, GZIP and ZIP, KMS headers, "
    "source backup",
    "nothing is lost: a record leaves its buffer when S3 has the object, under one key however often the put "
    "is tried",
    "CloudWatch error logs, and metrics once a minute",
)
DIFFERENT = (
    "S3 is tried for as long as the cloud is up, not for 24 hours or as long as the stream keeps its records",
    "buffering intervals pass at the cloud's speed; a delivery stream is ACTIVE at once; an update takes "
    "effect at once",
    "records that wait in buffers are gone when the cloud stops or the delivery stream is deleted",
    "roles are not evaluated; server-side encryption of the delivery stream is only recorded",
    "an error line carries the function's own errorMessage when it gives one (AWS: a fixed text), and error objects "
    "are not compressed",
    "not done, and refused by name: destinations other than S3, MSK and database sources, processors other "
    "than Lambda, "
    "JQ partition keys, ORC, Snappy compression of objects, HiveJsonSerDe with TimestampFormats",
    "sentences of refusals are AWS's where they are known from its pages or from others' errors, else our own; the "
    "codes are AWS's",
)


def engine(cloud: Cloud) -> FirehoseEngine:
    """The delivery streams of one cloud."""
    return FirehoseEngine(cloud)
