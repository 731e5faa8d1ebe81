"""Amazon Data Firehose: records flow from Kinesis or PutRecord through Lambda and Parquet into S3.

moto keeps descriptions; a pipeline a delivery stream does the work, by Firehose's rules on batches, retries,
partitions, buffers, prefixes and error outputs. Buffering intervals pass at the cloud's ``speed``. Not here, and
refused by name: destinations other than S3, MSK and database sources, processors other than Lambda, JQ partition
keys, ORC, Snappy and Hadoop-Snappy compression. Not like AWS: a delivery stream is ACTIVE at once, roles are not
evaluated, and records that wait in buffers are gone when the cloud stops (they are still in the source stream).
"""

from localcloud.firehose import api  # noqa: F401 - importing registers the patches
from localcloud.firehose.engine import FirehoseEngine
from localcloud.server import LocalCloud


def engine(cloud: LocalCloud) -> FirehoseEngine:
    """The delivery streams of one cloud."""
    return FirehoseEngine(cloud)
