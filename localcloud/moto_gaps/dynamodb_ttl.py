"""DynamoDB's time to live: items that have expired by the cloud's clock go, as DynamoDB's own deletions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html and, for what streams tell of it,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from moto.dynamodb.models import DynamoDBBackend

from localcloud.moto_gaps.dynamodb_speed import items_of
from localcloud.moto_gaps.dynamodb_streams import LOCK
from localcloud.patching import replace

LOOK = timedelta(minutes=1)  # of the cloud; AWS deletes "within a few days"
OLDEST = timedelta(days=5 * 365)  # what expired longer ago is left
BY_DYNAMODB = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


@replace(DynamoDBBackend, "update_time_to_live", "(self, table_name, ttl_spec)")
def update_time_to_live(self: Any, table_name: str, ttl_spec: dict[str, Any]) -> None:
    """Keep it, and look for expired items from now on."""
    from localcloud.scheduler.engine import scheduler_engine  # noqa: PLC0415 - engines are imported after the gaps

    update_time_to_live.original(self, table_name, ttl_spec)  # type: ignore[attr-defined]
    table = self.get_table(table_name)
    timetable, key = scheduler_engine().timetable, f"ttl of {table.table_arn}"
    if ttl_spec["Enabled"]:
        timetable.set(key, lambda moment: moment + LOOK, partial(_look, self, table_name, key))
    else:
        timetable.drop(key)


def _look(backend: Any, name: str, key: str, moment: datetime) -> None:
    from localcloud.scheduler.engine import scheduler_engine  # noqa: PLC0415

    table = backend.tables.get(name)
    if table is None or table.ttl["TimeToLiveStatus"] != "ENABLED":
        scheduler_engine().timetable.drop(key)
    else:
        _expire(table, moment)


def _expire(table: Any, moment: datetime) -> None:
    attribute, now = table.ttl["AttributeName"], moment.timestamp()
    oldest = now - OLDEST.total_seconds()
    with LOCK:
        for item in items_of(table):  # in no order: to sort them would hold up everybody, each second
            value = item.attrs.get(attribute)
            if value is None or not value.is_number() or not oldest <= float(value.value) <= now:
                continue
            before = len(table.stream_shard.items) if table.stream_shard is not None else 0
            table.delete_item(item.hash_key, item.range_key)
            for told in table.stream_shard.items[before:] if table.stream_shard is not None else ():
                told.record["userIdentity"] = BY_DYNAMODB
