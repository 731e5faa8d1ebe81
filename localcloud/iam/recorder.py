"""Records what roles and services call, and refuses what their policies do not allow when the cloud enforces."""

import logging
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from localcloud.iam import credentials, shapes
from localcloud.iam.call import Call
from localcloud.iam.evaluation import Simulator
from localcloud.iam.policies import Policies, deployed, of_resource, of_role, owner
from localcloud.server import LocalCloud

LIMIT = 100_000  # different calls; what comes after them is counted only

log = logging.getLogger(__name__)


class AccessDeniedError(Exception):
    """No deployed policy allows a call, or one denies it; the text is AWS's."""

    code = "AccessDenied"


class IamEngine:
    """The recorder and the guard of one cloud."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._calls: Counter[Call] = Counter()
        self._lost = 0
        self._allowed: dict[Call, Policies] = {}  # by which policies
        self._lock = threading.Lock()
        self._simulator = Simulator()
        self.recording = shapes.installed()

    def start(self) -> None:
        """Nothing to do before the first call. Raises RuntimeError when there is nothing to evaluate policies with."""
        self._cloud.pages["/moto-api/iam"] = self.told
        if self._cloud.enforce and not self.recording:
            raise RuntimeError("enforcing IAM policies needs node_modules: run `npm ci` (or `make setup`)")

    def reset(self) -> None:
        """Forget sessions and calls."""
        credentials.forget()
        with self._lock:
            self._calls.clear()
            self._allowed.clear()
            self._lost = 0

    def stop(self) -> None:
        """End the simulator."""
        self.reset()
        self._simulator.close()

    def check(self, calls: Iterable[Call]) -> None:
        """Take note of calls that are about to be made. Raises AccessDeniedError for the first that is refused."""
        listed = list(calls)
        with self._lock:
            for call in listed:
                if call in self._calls or len(self._calls) < LIMIT:
                    self._calls[call] += 1
                else:
                    self._lost += 1
        if self._cloud.enforce:
            self._enforce(listed)

    def _enforce(self, calls: list[Call]) -> None:
        policies = {call: _policies_for(call) for call in calls}
        new = [call for call in calls if self._allowed.get(call) != policies[call]]
        for call in new:
            (verdict,) = self._simulator.judge([call], policies[call])
            if not verdict.allowed:
                raise AccessDeniedError(verdict.message)
            self._allowed[call] = policies[call]

    def told(self) -> dict[str, Any]:
        """Everything recorded, and the policies as they are now, for JSON."""
        with self._lock:
            calls, lost = dict(self._calls), self._lost
        account = self._cloud.account
        policies = deployed({f"arn:aws:iam::{account}:root"}, {call.resource for call in calls})
        return {
            "recording": self.recording,
            "enforced": self._cloud.enforce,
            "lost": lost,
            "calls": [{**call.as_dict(), "count": count} for call, count in calls.items()],
            "policies": policies.as_dict(),
        }


def _policies_for(call: Call) -> Policies:
    found = Policies()
    principal, arn = call.caller.principal, owner(call.resource)
    if not call.caller.is_service and (role := of_role(principal)) is not None:
        found.roles[principal] = role
    if (document := of_resource(arn)) is not None:
        found.resources[arn] = document
    return found


def iam_engine() -> IamEngine | None:
    """The engine of this process's cloud; None while it is starting or stopping."""
    found = LocalCloud.current.engines.get("iam") if LocalCloud.current is not None else None
    return found if isinstance(found, IamEngine) and found.recording else None
