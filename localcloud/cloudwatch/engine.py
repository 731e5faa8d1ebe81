"""Evaluates alarms: one thread, that wakes when metric data come in and when a step of an alarm ends."""

import json
import logging
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from localcloud.cloud import Cloud, current
from localcloud.cloudwatch import actions, composite
from localcloud.cloudwatch.actions import Change, State
from localcloud.cloudwatch.evaluation import Verdict, decide, reason_data
from localcloud.cloudwatch.model import Watch
from localcloud.cloudwatch.series import Datum, Metric, Series
from localcloud.cloudwatch.statistics import percentile

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Evaluated:
    """What this engine keeps of one of moto's alarms."""

    alarm: Any  # moto's Alarm: holds the state
    given: dict[str, Any]
    watch: Watch | None  # None: a composite alarm
    rule: composite.Rule | None = None
    due: float = 0.0
    fresh: list[Datum] = field(default_factory=list)  # data since the last look

    @property
    def region(self) -> str:
        return str(self.alarm.region_name)


class CloudWatchEngine:
    """Metric data, alarms under evaluation and their history, of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.lock = threading.RLock()
        self._wake = threading.Condition(self.lock)
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._clear()

    def _clear(self) -> None:
        self.series: dict[str, Series] = defaultdict(Series)  # by region
        self.alarms: dict[tuple[str, str], Evaluated] = {}  # by region and name
        self.history: dict[str, list[dict[str, Any]]] = defaultdict(list)  # by region, oldest first
        self._watchers: dict[tuple[str, Metric], set[tuple[str, str]]] = defaultdict(set)
        self._actions = ThreadPoolExecutor(1, thread_name_prefix="cloudwatch-actions")

    def start(self) -> None:
        """Evaluate until ``stop``."""
        self._thread = threading.Thread(target=self._run, name="cloudwatch-alarms", daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Forget data and alarms; actions that have not begun do not begin."""
        with self.lock:
            pool = self._actions
            self._clear()
        pool.shutdown(wait=True, cancel_futures=True)

    def stop(self) -> None:
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(10)
        self.reset()
        self._actions.shutdown()

    def add_data(self, region: str, of: Metric, data: list[Datum]) -> bool:
        """Keep data and wake the alarms on them; whether the metric is new."""
        new = self.series[region].add(of, data)
        with self._wake:
            for key in self._watchers.get((region, of), ()):
                self.alarms[key].fresh.extend(data)
                self._wake.notify_all()
        return new

    def put(self, evaluated: Evaluated) -> None:
        """Begin to evaluate a new or changed alarm, at once."""
        key = (evaluated.region, evaluated.alarm.name)
        with self._wake:
            self._unwatch(key)
            self.alarms[key] = evaluated
            for source in evaluated.watch.sources.values() if evaluated.watch else ():
                self._watchers[(evaluated.region, source.of)].add(key)
            self._wake.notify_all()

    def delete(self, region: str, name: str) -> None:
        with self.lock:
            self._unwatch((region, name))
            self.alarms.pop((region, name), None)

    def _unwatch(self, key: tuple[str, str]) -> None:
        known = self.alarms.get(key)
        for source in known.watch.sources.values() if known and known.watch else ():
            self._watchers[(key[0], source.of)].discard(key)

    def _run(self) -> None:
        while True:
            with self._wake:
                now = time.time()
                pending = [item for item in self.alarms.values() if item.watch and (item.fresh or item.due <= now)]
                if not pending and not self._stopped:
                    self._wake.wait(min((item.due for item in self.alarms.values()), default=now + 3600) - now)
                if self._stopped:
                    return
                for item in pending:
                    try:
                        self._evaluate(item, now)
                    except Exception:
                        item.fresh, item.due = [], now + item.watch.step(self.cloud.speed) if item.watch else 0
                        log.exception("alarm %s could not be evaluated", item.alarm.name)

    def _evaluate(self, item: Evaluated, now: float) -> None:
        """At the end of a step, on complete steps; between, only what further data cannot undo."""
        assert item.watch is not None  # noqa: S101 - for the type checker
        fresh, item.fresh = item.fresh, []
        series, speed = self.series[item.region], self.cloud.speed
        if item.due <= now:
            step = item.watch.step(speed)
            item.due = (now // step + 1) * step
            self._apply(item, self._verdict(item, series, now, open_too=False), now)
        if fresh and item.alarm.state_value != "ALARM" and item.watch.decided_early(fresh):
            verdict = self._verdict(item, series, now, open_too=True)
            if verdict is not None and verdict.state == "ALARM":
                self._apply(item, verdict, now)

    def _verdict(self, item: Evaluated, series: Series, now: float, *, open_too: bool) -> Verdict | None:
        assert item.watch is not None  # noqa: S101 - for the type checker
        points = item.watch.points(series, now, self.cloud.speed, open_too=open_too)
        if item.given.get("EvaluateLowSampleCountPercentile") == "ignore" and item.watch.statistic:
            share = percentile(item.watch.statistic)
            newest = next((point for point in points if point.value is not None), None)
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
            if share and newest and newest.samples < 10 / max(min(share, 1 - share), 1e-9):
                return None
        return decide(item.watch.rules, points, item.alarm.state_value)

    def _apply(self, item: Evaluated, verdict: Verdict | None, now: float) -> None:
        if verdict is None or verdict.state == item.alarm.state_value:
            return
        watch = item.watch
        assert watch is not None  # noqa: S101 - for the type checker
        data = reason_data(verdict, watch.rules, now, period=watch.period, statistic=watch.statistic)
        self.change_state(item, State(verdict.state, verdict.reason, json.dumps(data), now))

    def change_state(self, item: Evaluated, new: State) -> None:
        """A transition: recorded, told, acted on; composite alarms that read this one follow."""
        with self.lock:
            alarm = item.alarm
            old = State(
                alarm.state_value,
                alarm.state_reason,
                alarm.state_reason_data,
                alarm.state_updated_timestamp.timestamp(),
            )
            alarm.update_state(new.reason, new.data, new.value)
            if old.value == new.value:
                return
            alarm.state_transitioned_timestamp = alarm.state_updated_timestamp
            change = Change(
                alarm.name,
                alarm.alarm_arn,
                item.given,
                alarm.configuration_updated_timestamp.timestamp(),
                alarm.actions_enabled,
                old,
                new,
            )
            told = {"version": "1.0", "oldState": _history_state(old), "newState": _history_state(new)}
            self.record(item, "StateUpdate", f"Alarm updated from {old.value} to {new.value}", told)
            self._actions.submit(self._act, item, change)
            self.follow(item.region)

    def follow(self, region: str) -> None:
        """Evaluate the composite alarms of a region."""
        for item in [item for item in self.alarms.values() if item.rule and item.region == region]:
            assert item.rule is not None  # noqa: S101 - for the type checker
            value = "ALARM" if item.rule(lambda name: self._state(region, name)) else "OK"
            if value != item.alarm.state_value:
                reason = f"{item.alarm.alarm_arn} transitioned to {value} by its rule {item.given['AlarmRule']}"
                self.change_state(item, State(value, reason, None, time.time()))

    def _state(self, region: str, name: str) -> str | None:
        found = self.alarms.get((region, name.rpartition(":alarm:")[2]))
        return str(found.alarm.state_value) if found else None

    def _act(self, item: Evaluated, change: Change) -> None:
        actions.announce(change)
        for action in change.actions:
            failure = actions.perform(self.cloud, change, action)
            outcome = f"Failed to execute action {action}" if failure else f"Successfully executed action {action}"
            told = {
                "actionState": "Failed" if failure else "Succeeded",
                "notificationResource": action,
                "stateUpdateTimestamp": int(change.new.time * 1000),
                **({"error": failure} if failure else {}),
            }
            self.record(item, "Action", outcome, told)

    def record(self, item: Evaluated, kind: str, summary: str, data: dict[str, Any]) -> None:
        """One AlarmHistoryItem."""
        self.history[item.region].append(
            {
                "AlarmName": item.alarm.name,
                "AlarmType": "MetricAlarm" if item.watch else "CompositeAlarm",
                "Timestamp": time.time(),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data),
            }
        )


def _history_state(state: State) -> dict[str, Any]:
    data = {"stateReasonData": json.loads(state.data)} if state.data else {}
    return {"stateValue": state.value, "stateReason": state.reason, **data}


def cloudwatch_engine() -> CloudWatchEngine:
    """The engine of the cloud of this process."""
    found: Any = current().engines["cloudwatch"]
    assert isinstance(found, CloudWatchEngine)  # noqa: S101 - for the type checker
    return found
