"""Events on buses: which rules they match, and what goes to the targets."""

import json
import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from moto.events.models import events_backends

from localcloud.cloud import Cloud, current
from localcloud.events.delivery import Deliverer, Delivery, to_queue
from localcloud.events.patterns import compile_pattern
from localcloud.events.targets import DeliveryError, Sending, sender
from localcloud.events.transform import payload
from localcloud.metrics import emit as emit_metrics

_HOPS = 3  # from bus to bus; a circle of rules ends

log = logging.getLogger(__name__)
Event = dict[str, Any]


def new_event(source: str, detail_type: str, resources: list[str], detail: Any, region: str) -> Event:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": current().account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": resources,
        "detail": detail,
    }


class EventsEngine:
    """Takes events and delivers them."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.deliverer = Deliverer(cloud)

    def start(self) -> None:
        """Nothing runs before the first event."""

    def reset(self) -> None:
        """Drop deliveries; moto drops rules and buses."""
        self.deliverer.reset()

    def stop(self) -> None:
        self.deliverer.close()

    def ingest(self, event: Event, region: str, bus: str = "default", hops: int = 0) -> None:
        """Send an event to the targets of all rules that it matches; returns before anything is sent."""
        found = events_backends[self.cloud.account][region].event_buses.get(bus)
        for rule in list(found.rules.values()) if found else []:
            text = rule.event_pattern.dump()
            if text and rule.state != "DISABLED" and compile_pattern(text)(event):
                self.trigger(rule, event, hops)

    def trigger(self, rule: Any, event: Event, hops: int = 0) -> None:
        """Send an event to the targets of a rule."""
        self._count(rule, "TriggeredRules")
        for target in [dict(target) for target in rule.targets]:
            sending = Sending(
                self.cloud,
                target,
                payload(target, event, rule.arn),
                event,
                f"{event['id']}/{rule.arn}/{target['Id']}",
                by="events.amazonaws.com",
                source=rule.arn,
            )
            through = self._through(target["Arn"], hops)
            lane = f"{rule.arn}/{target['Id']}"
            dead, done = partial(self._undelivered, rule), partial(self._count, rule, "Invocations")
            self.deliverer.put(Delivery(lane, sending, through, dead, done))

    def _through(self, arn: str, hops: int) -> Callable[[Sending], None]:
        parts = arn.split(":", 5)
        if parts[2] != "events":
            found = sender(arn)
            assert found is not None  # noqa: S101 - PutTargets refuses others
            return found
        return _archive if not parts[4] else lambda sending: self._forward(sending, hops)

    def _forward(self, sending: Sending, hops: int) -> None:
        """To another bus, as the event that came."""
        parts = sending.arn.split(":", 5)
        region, bus = parts[3], parts[5].rpartition("/")[2]
        if hops >= _HOPS:
            raise DeliveryError("THIRD_ACCOUNT_HOP_DETECTED", f"the event has passed {hops} buses")
        if bus not in events_backends[self.cloud.account][region].event_buses:
            raise DeliveryError("NO_RESOURCE", f"Event bus {bus} does not exist.")
        self.ingest(dict(sending.event), region, bus, hops + 1)

    def _count(self, rule: Any, metric: str) -> None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html"""
        emit_metrics("AWS/Events", {"RuleName": rule.name}, {metric: (1, "Count")}, rule.region_name)

    def _undelivered(self, rule: Any, delivery: Delivery, error: DeliveryError, exhausted: str | None) -> None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
        self._count(rule, "FailedInvocations")
        queue = (delivery.sending.target.get("DeadLetterConfig") or {}).get("Arn")
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": delivery.sending.arn,
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error),
            "EXHAUSTED_RETRY_CONDITION": exhausted,
            "RETRY_ATTEMPTS": delivery.tries - 1,
        }
        if to_queue(self.cloud, queue, json.dumps(delivery.sending.event), attributes):
            self._count(rule, "InvocationsSentToDlq")
        else:
            told = (delivery.sending.event["detail-type"], rule.name, delivery.sending.arn, error)
            log.error("the event %s of rule %s was not delivered to %s: %s", *told)


def _archive(sending: Sending) -> None:
    """moto's archives are targets of rules of their own."""
    content = json.loads(sending.payload)
    name, identifier = content["archive-arn"].rpartition("/")[2].split(":")
    for backend in events_backends[sending.cloud.account].values():
        archive = backend.archives.get(name)
        if archive is not None and archive.uuid == identifier:
            archive.events.append(dict(sending.event))


def events_engine() -> EventsEngine:
    """The engine of the cloud of this process."""
    found: Any = current().engines["events"]
    assert isinstance(found, EventsEngine)  # noqa: S101 - for the type checker
    return found
