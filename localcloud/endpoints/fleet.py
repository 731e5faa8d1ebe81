"""The variants of one endpoint configuration, up together and ended together."""

import logging
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from localcloud.endpoints.engine import EndpointsEngine
from localcloud.endpoints.variant import Site, Variant
from localcloud.endpoints.worker import MODEL_TIMEOUT, NotStartedError, StartError

log = logging.getLogger(__name__)


class UnknownVariantError(Exception):
    """The fleet has no variant of the name."""


class FleetError(Exception):
    """A fleet did not come up: the FailureReason of its endpoint."""


class Fleet:
    """What serves an endpoint, or is about to.

    Args:
        engine: that delivers its metrics and captured data.
        region, endpoint: of what it serves.
        config: description of the endpoint configuration.
    """

    def __init__(self, engine: EndpointsEngine, region: str, endpoint: str, config: dict[str, Any]) -> None:
        self.config = config
        self.name: str = config["EndpointConfigName"]
        self._engine = engine
        site = Site(engine.cloud, region, endpoint, self.name)
        capture = config.get("DataCaptureConfig")
        self.variants = {
            given["VariantName"]: Variant(site, given, capture) for given in config["ProductionVariants"]
        }
        self._asked = 0
        self._idle = threading.Condition()

    def start(self, ended: threading.Event) -> None:
        """Bring every variant up. Raises FleetError when one does not come; then all are ended."""
        self._engine.add(self)
        with ThreadPoolExecutor(len(self.variants)) as pool:
            starts = {name: pool.submit(variant.start, ended) for name, variant in self.variants.items()}
        for name, start in starts.items():
            error = start.exception()
            if error is not None:
                self.end()
                raise FleetError(_reason(name, error)) from error

    def pick(self, target: str | None) -> Variant:
        """The variant for one request: ``target``, or one by weight."""
        if target is not None:
            try:
                return self.variants[target]
            except KeyError:
                raise UnknownVariantError(target) from None
        found = list(self.variants.values())
        if len(found) == 1:
            return found[0]
        return random.choices(found, [variant.weight for variant in found])[0]  # noqa: S311 - a share of traffic

    def enter(self) -> None:
        """A request comes in: the fleet is not ended before `leave`."""
        with self._idle:
            self._asked += 1

    def leave(self) -> None:
        with self._idle:
            self._asked -= 1
            self._idle.notify_all()

    def drain(self) -> None:
        """Wait for the answers to requests that are under way; no further one may come in."""
        with self._idle:
            self._idle.wait_for(lambda: self._asked == 0, MODEL_TIMEOUT)

    def deliver(self) -> None:
        for variant in self.variants.values():
            variant.deliver()

    def end(self) -> None:
        """Stop every container; what they counted and captured is delivered."""
        self._engine.discard(self)
        self._each(Variant.end)

    def _each(self, work: Callable[[Variant], None]) -> None:
        with ThreadPoolExecutor(len(self.variants)) as pool:
            list(pool.map(work, self.variants.values()))


def _reason(variant: str, error: BaseException) -> str:
    if isinstance(error, NotStartedError):
        return str(error)
    if isinstance(error, StartError):
        return (
            f"The primary container for production variant {variant} did not pass the ping health check. Please check "
            f"CloudWatch logs for this endpoint. {error}"
        )
    log.error("variant %s does not start", variant, exc_info=error)
    return f"InternalServerError: {type(error).__name__}: {error}"  # an endpoint must come to an end of Creating
