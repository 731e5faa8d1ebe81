"""Records what roles, users and services call, and refuses what their policies do not allow when the cloud enforces."""

import json
import logging
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from localcloud.cloud import Cloud
from localcloud.iam import credentials, shapes
from localcloud.iam.call import Call
from localcloud.iam.evaluation import Simulator
from localcloud.iam.policies import Policies, deployed, of_identity, of_resource, owner
from localcloud.iam.public_access import restricts_policies

LIMIT = 100_000  # different calls; what comes after them is counted only

log = logging.getLogger(__name__)


class AccessDeniedError(Exception):
    """No deployed policy allows a call, or one denies it; the text is AWS's."""

    code = "AccessDenied"


class IamEngine:
    """The recorder and the guard of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._calls: Counter[Call] = Counter()
        self._lost = 0
        self._allowed: dict[Call, Policies] = {}  # by which policies
        self._lock = threading.Lock()
        self.simulator = Simulator()
        self.recording = shapes.installed()

    @property
    def account(self) -> str:
        return self._cloud.account

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
        self.simulator.close()

    def check(self, calls: Iterable[Call]) -> None:
        """Take note of calls that are about to be made. Raises AccessDeniedError for the first that is refused."""
        listed = list(calls)
        with self._lock:
            for call in listed:
                if call in self._calls or len(self._calls) < LIMIT:
                    self._calls[call] += 1
                else:
                    self._lost += 1
        if self.enforced:
            self._enforce(listed)

    @property
    def enforced(self) -> bool:
        """Whether what is not allowed is refused."""
        return self._cloud.enforce

    def allows(self, call: Call) -> bool:
        """Whether policies allow a call that is not recorded."""
        (verdict,) = self.simulator.judge([call], _policies_for(call))
        return verdict.allowed

    def _enforce(self, calls: list[Call]) -> None:
        policies = {call: _policies_for(call) for call in calls}
        new = [call for call in calls if self._allowed.get(call) != policies[call]]
        for call in new:
            (verdict,) = self.simulator.judge([call], policies[call])
            if not verdict.allowed:
                raise AccessDeniedError(verdict.message)
            if "Time" not in json.dumps(policies[call].as_dict()):  # aws:CurrentTime: it is another one next time
                self._allowed[call] = policies[call]

    def told(self) -> dict[str, Any]:
        """Everything recorded, and the policies as they are now, for JSON."""
        with self._lock:
            calls, lost = dict(self._calls), self._lost
        holders = {call.caller.holder for call in calls}
        policies = deployed(self._cloud.account, holders, {call.resource for call in calls})
        return {
            "recording": self.recording,
            "enforced": self.enforced,
            "lost": lost,
            "calls": [{**call.as_dict(), "count": count} for call, count in calls.items()],
            "policies": policies.as_dict(),
        }


def _policies_for(call: Call) -> Policies:
    found = Policies()
    holder, arn = call.caller.holder, owner(call.resource)
    if (identity := of_identity(holder)) is not None:
        found.identities[holder] = identity
    public = not (call.caller.is_anonymous and restricts_policies(arn))
    if public and (document := of_resource(arn)) is not None:
        found.resources[arn] = document
    return found


def iam_engine() -> IamEngine | None:
    """The engine of this process's cloud; None while it is starting or stopping."""
    found = Cloud.current.engines.get("iam") if Cloud.current is not None else None
    return found if isinstance(found, IamEngine) and found.recording else None


def enforced() -> bool:
    """Whether this process's cloud refuses what policies do not allow."""
    engine = iam_engine()
    return engine is not None and engine.enforced
