"""What the pollers of one mapping share: its cloud, its function, its role, and its end."""

import logging
import threading
import time
import uuid
from typing import Any

from moto.awslambda.exceptions import LambdaClientError, UnknownAliasException, UnknownFunctionException
from moto.awslambda.models import lambda_backends

from localcloud.cloud import Cloud
from localcloud.event_sources import metrics
from localcloud.event_sources.mapping import Mapping
from localcloud.iam.call import Caller
from localcloud.iam.sessions import client_as, credentials_of, role_caller
from localcloud.lambda_.executor import PRINCIPAL, LambdaEngine, Result
from localcloud.lambda_.invoke_api import checked_payload, route
from localcloud.unsupported import NotImplementedLocallyError

SHORTEST_PAUSE = 0.005  # seconds, however fast the cloud is

log = logging.getLogger(__name__)


class NotInvokedError(Exception):
    """The function was not called, and may be later: the text is what the mapping tells."""


class Context:
    """A mapping that is being read."""

    def __init__(self, cloud: Cloud, mapping: Mapping) -> None:
        self.cloud = cloud
        self.mapping = mapping
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether nothing new is to be begun."""
        return self._stopped.is_set() or self.cloud.is_ending

    def stop(self) -> None:
        self._stopped.set()

    def wait(self, seconds: float) -> None:
        """A pause in the cloud, or until the end."""
        self._stopped.wait(max(self.cloud.wait_time(seconds), SHORTEST_PAUSE))

    def function(self) -> Any:
        """moto's function, as it is now. Raises NotInvokedError."""
        mapping = self.mapping
        try:
            return route(lambda_backends[mapping.account][mapping.region], mapping.function, None)
        except (UnknownFunctionException, UnknownAliasException):
            raise NotInvokedError(f"Function not found: {mapping.function}") from None

    def reader(self) -> Caller:
        """The execution role's session. Raises AccessDeniedError when the role does not trust Lambda."""
        role = self.function().role
        credentials_of(role, self.mapping.session, PRINCIPAL)
        return role_caller(role, self.mapping.session)

    def client(self, service: str, region: str | None = None) -> Any:
        """A client that signs as the execution role."""
        role, session = self.function().role, self.mapping.session
        return client_as(self.cloud, role, service, region or self.mapping.region, session=session, by=PRINCIPAL)

    def invoke(self, payload: bytes, events: int) -> Result:
        """Call the function, which needs no permission of the role. Raises NotInvokedError."""
        function, engine = self.function(), self._lambda()
        if function.reserved_concurrency is not None and int(function.reserved_concurrency) == 0:
            engine.throttled(function)
            raise NotInvokedError("Function call failed: Rate Exceeded.")
        try:
            result = engine.invoke(function, checked_payload(payload, "RequestResponse"))
        except LambdaClientError as error:  # a record that alone is more than an invocation takes
            result = Result(str(error).encode(), "Unhandled", "", str(function.version), str(uuid.uuid4()))
        except NotImplementedLocallyError as refused:
            raise NotInvokedError(str(refused)) from None
        metrics.count(self.mapping, InvokedEventCount=events)
        if result.error is not None:
            metrics.count(self.mapping, FailedInvokeEventCount=events)
        return result

    def _lambda(self) -> LambdaEngine:
        found: Any = self.cloud.engines["lambda_"]
        assert isinstance(found, LambdaEngine)  # noqa: S101 - for the type checker
        return found

    def age(self, arrival: float) -> float:
        """How old something is by the cloud's clock, in seconds."""
        return max(time.time() - arrival, 0.0) * self.cloud.speed
