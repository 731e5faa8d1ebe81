"""Kinesis Data Streams: AWS's limits, safe concurrent writes, shards that split and merge without losing their order.

moto keeps the records. Not like AWS: nothing ages out after the retention period, iterators do not expire, and the
write throughput of a shard is enforced only with ``LocalCloud(enforce_shard_throughput=True)``, because a laptop
replay is faster than one shard.
"""

from localcloud.kinesis import limits, shards  # noqa: F401 - importing registers the patches
