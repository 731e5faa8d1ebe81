"""One delivery stream at work: source, transformation, buffers, S3, in a thread of its own.

A record is in exactly one place until S3 has it (batch, buffer or outbox), and moves only when the next place has
taken it: an error anywhere is logged and tried again, and loses nothing. Records of a shard keep their order,
because batches are collected in the order in which they were sent, however many are under way.
"""

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from localcloud.cloud import Cloud
from localcloud.firehose.configuration import Delivery
from localcloud.firehose.conversion import Converter, SchemaError, load_columns
from localcloud.firehose.monitoring import PERIOD, Monitor
from localcloud.firehose.outbox import Outbox, S3Object, now_ms
from localcloud.firehose.records import Output
from localcloud.firehose.routing import Router, Stream
from localcloud.firehose.source import Source
from localcloud.firehose.transform import Batch, Batcher, Invoke, Transformed, Transformer
from localcloud.iam.sessions import client_as

PRINCIPAL, SESSION = "firehose.amazonaws.com", "AmazonFirehose"
POLL_SECONDS = 0.05  # between looks at an idle source
IN_FLIGHT = 2  # invocations under way: the function works on one while the next is made
HELD_BYTES = 256 * 1024 * 1024  # waiting for S3; the source is not read beyond it
MAX_PAUSE = 2.0  # seconds after repeated errors

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """A version of a delivery stream."""

    arn: str
    version: str
    region: str
    delivery: Delivery

    @property
    def name(self) -> str:
        """The stream's name."""
        return self.arn.rpartition("/")[2]


class Pipeline:
    """Runs until stopped. ``update`` takes effect when what the old version holds is on its way to S3."""

    def __init__(self, cloud: Cloud, settings: Settings, source: Source, invoke: Invoke) -> None:
        self._cloud, self._source, self._invoke = cloud, source, invoke
        self._stopped = threading.Event()
        self._next: Settings | None = None
        self._pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="firehose-lambda")
        self._pending: deque[tuple[Batch, Future[Transformed]]] = deque()
        source_name = source.stream_arn.rpartition("/")[2] if source.stream_arn else None
        self._monitor = Monitor(
            lambda target: self._client(target.role, "logs"),
            settings.arn,
            source_name,
            cloud.wait_time(PERIOD),
        )
        self._outbox = Outbox(
            lambda target: self._client(target.role, "s3"), self._stopped, self._delivered, self._undelivered
        )
        self._configure(settings)
        self._thread = threading.Thread(target=self._run, name=f"firehose-{settings.name}", daemon=True)

    def _configure(self, settings: Settings) -> None:
        self._settings = settings
        delivery = settings.delivery
        conversion = delivery.conversion
        table = None
        if conversion:
            table = {
                "catalogId": conversion.catalog_id,
                "databaseName": conversion.database,
                "tableName": conversion.table,
                "region": conversion.region,
                "versionId": conversion.version,
                "catalogArn": None,
            }
        stream = Stream(settings.name, settings.version, table)
        self._router = Router(delivery, stream, self._cloud.wait_time)
        self._batchers: dict[str, Batcher] = {}
        self._transformer: Transformer | None = None
        if delivery.processor:
            event = {"deliveryStreamArn": settings.arn, "region": settings.region}
            if self._source.stream_arn:
                event["sourceKinesisStreamArn"] = self._source.stream_arn
            self._transformer = Transformer(delivery.processor, event, self._invoke, self._stopped)
        self._converter: tuple[object, Converter] | None = None

    def _client(self, role: str, service: str) -> Any:
        """A boto3 client with the credentials of a role of the stream."""
        return client_as(self._cloud, role, service, self._settings.region, session=SESSION, by=PRINCIPAL)

    def start(self) -> None:
        """Begin to deliver."""
        self._outbox.thread.start()
        self._thread.start()

    def update(self, settings: Settings) -> None:
        """Go over to another version of the configuration."""
        self._next = settings

    def stop(self) -> None:
        """Ask all threads to end; what is not in S3 is given up."""
        self._stopped.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def join(self, seconds: float) -> bool:
        """Wait for the threads; False when one is still in an invocation."""
        deadline = time.monotonic() + seconds
        threads = [self._thread, self._outbox.thread, *self._pool._threads]
        for thread in threads:
            if thread.is_alive():
                thread.join(max(deadline - time.monotonic(), 0.01))
        return not any(thread.is_alive() for thread in threads)

    def _run(self) -> None:
        errors = 0
        while not self._stopped.is_set():
            try:
                busy = self._step()
                errors = 0
            except Exception as error:
                if self._stopped.is_set():
                    return
                errors += 1
                self._report(error)
                busy = False
            if busy:
                continue
            if self._pending and not errors:
                wait([self._pending[0][1]], timeout=POLL_SECONDS)
            else:
                self._stopped.wait(min(POLL_SECONDS * 2**errors, MAX_PAUSE))

    def _report(self, error: Exception) -> None:
        if not isinstance(error, SchemaError):
            log.exception("delivery stream %s: delivery is tried again", self._settings.name)
        code = getattr(error, "code", "InternalError")
        self._log_error(code if isinstance(code, str) else type(error).__name__, str(error))
        self._monitor.peak("DeliveryToS3.Success", 0)

    def _step(self) -> bool:
        """One round; whether there was anything to do."""
        busy = self._collect(wait=False)
        if self._next is not None:
            self._switch()
        if len(self._pending) < IN_FLIGHT and self._router.size + self._outbox.size < HELD_BYTES:
            busy |= self._read()
        self._send_due()
        busy |= self._flush(self._router.records.due, self._router.errors.due, "due")
        self._measure()
        self._monitor.publish()
        return busy

    def _read(self) -> bool:
        records = self._source.read()
        now = time.monotonic()
        batches = []
        for record in records:
            self._router.add_source(record, now)
            if self._transformer is None:
                self._router.add(Output(record, record.raw), now)
            else:
                batcher = self._batchers.get(record.shard) or self._new_batcher(record.shard)
                if full := batcher.add(record, now):
                    batches.append(full)
        for batch in batches:
            self._send(batch)
        if records and self._source.stream_arn:
            self._monitor.count("DataReadFromKinesisStream.Records", len(records))
            self._monitor.count("DataReadFromKinesisStream.Bytes", sum(record.size for record in records))
            self._monitor.count("GetRecords.Records", len(records))
        return bool(records)

    def _new_batcher(self, shard: str) -> Batcher:
        processor = self._settings.delivery.processor
        assert processor is not None  # noqa: S101 - for the type checker
        batcher = self._batchers[shard] = Batcher(processor.size, self._cloud.wait_time(processor.interval))
        return batcher

    def _send_due(self, everything: bool = False) -> None:
        now = time.monotonic()
        for batcher in self._batchers.values():
            if batcher.due(float("inf") if everything else now):
                self._send(batcher.take())

    def _send(self, batch: Batch) -> None:
        self._pending.append((batch, self._submit(batch)))

    def _submit(self, batch: Batch) -> Future[Transformed]:
        assert self._transformer is not None  # noqa: S101 - for the type checker
        return self._pool.submit(self._timed, self._transformer, batch)

    def _timed(self, transformer: Transformer, batch: Batch) -> Transformed:
        started = time.monotonic()
        result = transformer.run(batch)
        self._monitor.peak("ExecuteProcessing.Duration", (time.monotonic() - started) * 1000)
        return result

    def _collect(self, wait: bool) -> bool:
        """Take the results of finished invocations, in the order in which they were sent."""
        collected = False
        while self._pending and (wait or self._pending[0][1].done()):
            batch, future = self._pending[0]
            if error := future.exception():
                self._pending[0] = batch, self._submit(batch)
                raise error
            self._pending.popleft()
            result = future.result()
            now = time.monotonic()
            for output in result.outputs:
                self._router.add(output, now)
            self._router.add_failures(result.failures, now)
            self._monitor.count("SucceedProcessing.Records", len(result.outputs) + result.dropped)
            if codes := {(f.code, f.message) for f in result.failures if f.code != "Lambda.ProcessingFailedStatus"}:
                code, message = sorted(codes)[0]
                self._log_error(code, message, lambda_error=True)
            collected = True
        return collected

    def _flush(self, records: Any, errors: Any, method: str) -> bool:
        """Make objects of the buffers that ``method`` ("due" or "drain") takes out, and queue them for S3."""
        router, now = self._router, time.monotonic()
        arguments = (now,) if method == "due" else ()
        converter = None
        # Asked for before anything is taken out: without a table nothing may be lost. And only then: it is a request.
        if self._settings.delivery.conversion and (method == "drain" or router.records.any_due(now)):
            converter = self._current_converter()
        made = False
        for keys, buffer in records(*arguments):
            made = True
            item, failures = router.object_of(keys, buffer, converter)
            router.add_failures(failures, now)
            self._monitor.count("FailedConversion.Records", len(failures))
            if item is not None:
                self._outbox.put(item)
                self._monitor.count("SucceedConversion.Records", item.records if converter else 0)
        processor = self._settings.delivery.processor
        for kind, failed in errors(*arguments):
            made = True
            self._outbox.put(router.object_of_errors(kind, failed, processor.function if processor else None))
        if router.backup is not None:
            for _, kept in getattr(router.backup, method)(*arguments):
                made = True
                self._outbox.put(router.object_of_backup(kept))
        return made

    def _current_converter(self) -> Converter:
        """By the table as it is now, so that a new column is picked up. Raises SchemaError."""
        conversion = self._settings.delivery.conversion
        assert conversion is not None  # noqa: S101 - for the type checker
        columns = load_columns(self._client(conversion.role, "glue"), conversion)
        if self._converter is None or self._converter[0] != columns:
            self._converter = (columns, Converter(columns, conversion))
        return self._converter[1]

    def _switch(self) -> None:
        """Finish what the old configuration holds, then take the new one."""
        self._send_due(everything=True)
        self._collect(wait=True)
        self._flush(self._router.records.drain, self._router.errors.drain, "drain")
        self._flush(self._router.records.drain, self._router.errors.drain, "drain")  # failures of the conversion
        following, self._next = self._next, None
        if following is not None:
            self._configure(following)

    def _measure(self) -> None:
        arrivals = [a for a in (self._router.oldest, self._outbox.oldest) if a is not None]
        self._monitor.peak("DeliveryToS3.DataFreshness", (now_ms() - min(arrivals)) / 1000 if arrivals else 0)
        if self._source.stream_arn:
            self._monitor.peak("KinesisMillisBehindLatest", self._source.behind)
            self._monitor.peak("GetRecords.IteratorAgeMilliseconds", self._source.behind)
        if self._settings.delivery.dynamic:
            self._monitor.peak("PartitionCount", self._router.records.keys)
            self._monitor.peak("PartitionCountExceeded", 1 if self._router.exceeded else 0)

    def _delivered(self, item: S3Object) -> None:
        self._monitor.count(f"{item.metric}.Records", item.records)
        self._monitor.count(f"{item.metric}.Bytes", len(item.body))
        self._monitor.peak(f"{item.metric}.Success", 1)

    def _undelivered(self, item: S3Object, code: str, message: str) -> None:
        self._monitor.peak(f"{item.metric}.Success", 0)
        self._monitor.error(item.target, self._settings.version, code, message)

    def _log_error(self, code: str, message: str, lambda_error: bool = False) -> None:
        delivery = self._settings.delivery
        function = delivery.processor.function if lambda_error and delivery.processor else None
        self._monitor.error(delivery.target, self._settings.version, code, message, function)
