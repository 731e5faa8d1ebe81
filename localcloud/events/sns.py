"""SNS: subscribers are served away from the publisher, functions get the message itself, filters are EventBridge's.

moto runs a function inside Publish, with a canned event; its filters do not know booleans or all operators; a queue
that is gone makes Publish fail.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Subscription
from moto.sns.utils import FilterPolicyMatcher

from localcloud.events.delivery import Delivery, to_queue
from localcloud.events.engine import events_engine, log
from localcloud.events.patterns import PatternError, compile_pattern
from localcloud.events.targets import DeliveryError, Sending, sender
from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError

# E-mail and SMS go nowhere: what was published stays in moto's record of the topic.
_SERVED = ("lambda", "sqs", "http", "https")
_KNOWN = (*_SERVED, "email", "email-json", "sms", "application")


@replace(SNSBackend, "subscribe", "(self, topic_arn, endpoint, protocol)")
def subscribe(self: Any, topic_arn: str, endpoint: str, protocol: str) -> Any:
    """Protocols that nothing would be sent by are refused by name."""
    if protocol not in _KNOWN:
        raise NotImplementedLocallyError("sns", f"Subscribe with the protocol {protocol}")
    if protocol == "lambda" and sender(endpoint) is None:
        raise SNSInvalidParameter("Invalid parameter: Lambda endpoint ARN")
    return subscribe.original(self, topic_arn, endpoint, protocol)  # type: ignore[attr-defined]


@replace(FilterPolicyMatcher, "matches", "(self, message_attributes, message)")
def matches(self: Any, message_attributes: Mapping[str, Any] | None, message: str) -> bool:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html"""
    if not self.filter_policy:
        return True
    if self.filter_policy_scope == "MessageAttributes":
        value: Any = {name: _attribute(given) for name, given in (message_attributes or {}).items()}
    else:
        try:
            value = json.loads(message)
        except ValueError:
            return False
        if not isinstance(value, dict):
            return False
    try:
        return compile_pattern(json.dumps(_floats(self.filter_policy)))(_floats(value))
    except PatternError as error:
        log.warning("a message was not filtered in: %s", error)
        return False


def _attribute(given: Mapping[str, Any]) -> Any:
    """The value of a message attribute; binary ones cannot be filtered on."""
    if given["Type"].startswith("Number"):
        return float(given["Value"])
    if given["Type"] == "String.Array":
        return json.loads(given["Value"])
    return given["Value"] if given["Type"].startswith("String") else {}


def _floats(value: Any) -> Any:
    """Numbers are equal by value here, unlike in events."""
    if isinstance(value, dict):
        return {name: _floats(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@replace(
    Subscription,
    "publish",
    "(self, message, message_id, subject, message_attributes, group_id, deduplication_id, message_structure)",
)
def publish(self: Any, message: str, message_id: str, **given: Any) -> None:
    """Filter now, send later."""
    if given.pop("message_structure", None) == "json":
        message = self._parse_message_structure(message, self.protocol)
    matcher, attributes = self._filter_policy_matcher, given.get("message_attributes")
    if self.protocol not in _SERVED or (matcher is not None and not matcher.matches(attributes, message)):
        return
    engine = events_engine()
    if self.protocol == "lambda":
        body = json.dumps(_event(self, message, message_id, given.get("subject"), attributes or {}))
        through = sender(self.endpoint)
        assert through is not None  # noqa: S101 - a function
    else:
        body, moto = message, publish.original  # type: ignore[attr-defined]

        def through(_: Sending) -> None:
            moto(self, message, message_id, **given)

    topic, token = self.topic.arn, f"{self.arn}/{message_id}"
    sending = Sending(engine.cloud, {"Arn": self.endpoint}, body, {}, token, by="sns.amazonaws.com", source=topic)
    engine.deliverer.put(Delivery(self.arn, sending, through, partial(_undelivered, self)))


def _event(
    subscription: Any, message: str, message_id: str, subject: str | None, attributes: dict[str, Any]
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""
    region = subscription.topic.arn.split(":")[3]
    told = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": subscription.topic.arn,
        "Subject": subject,
        "Message": message,
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "SignatureVersion": "1",
        "Signature": "not-signed-by-the-local-cloud",
        "SigningCertUrl": f"https://sns.{region}.amazonaws.com/SimpleNotificationService.pem",
        "UnsubscribeUrl": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
        "MessageAttributes": {
            name: {"Type": given["Type"], "Value": given["Value"]} for name, given in attributes.items()
        },
    }
    record = {"EventVersion": "1.0", "EventSubscriptionArn": subscription.arn, "EventSource": "aws:sns", "Sns": told}
    return {"Records": [record]}


def _undelivered(subscription: Any, delivery: Delivery, error: DeliveryError, exhausted: str | None) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html"""
    policy = json.loads(subscription.attributes.get("RedrivePolicy") or "{}")
    if not to_queue(events_engine().cloud, policy.get("deadLetterTargetArn"), delivery.sending.payload, {}):
        log.error("SNS could not deliver to %s: %s", delivery.sending.arn, error)
