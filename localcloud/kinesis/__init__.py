"""Kinesis Data Streams: AWS's limits, safe concurrent writes, shards that split and merge without losing their order.

moto keeps the records.
"""

from localcloud.kinesis import limits, shards  # noqa: F401 - importing registers the patches

TITLE = "Kinesis Data Streams"
REAL = (
    "PutRecord and PutRecords with their limits (500 records, 10 MiB, the stream's record size) and each "
    "record's own "
    "answer; records of a partition key keep their order, also with concurrent producers",
    "split and merge: closed shards keep their records and end with a null iterator, new records go to open shards",
    "GetRecords of at most 10,000 records and 10 MiB",
)
DIFFERENT = (
    "the write throughput of a shard (1 MiB and 1,000 records a second) is enforced only with "
    "LocalCloud(enforce_shard_throughput=True), because a laptop replay is faster than one shard",
    "an on-demand stream has four shards and does not scale; nothing ages out after the retention period; iterators "
    "do not expire; sequence numbers are small and count up per shard; read throughput is not limited",
)
