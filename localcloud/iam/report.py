"""What was called, which statement allowed it, and which statements nothing needed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.iam.call import Call, Caller
from localcloud.iam.evaluation import Simulator, Statement, Verdict, statements, without
from localcloud.iam.policies import Policies

REASONS = "UnusedStatements"  # in the Metadata of a role in a template: policy -> index -> reason


@dataclass
class Snapshot:
    """A recording: calls with how often they were made, the policies of that time, reasons of the templates."""

    calls: dict[Call, int]
    policies: Policies
    reasons: dict[Statement, str] = field(default_factory=dict)
    lost: int = 0

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Snapshot":
        """From what a local cloud tells at /moto-api/iam, with `reasons_of` as "reasons"."""
        calls = {_call(item): int(item["count"]) for item in told["calls"]}
        reasons = {
            Statement(item["holder"], item["policy"], item["index"]): item["reason"] for item in told["reasons"]
        }
        return cls(calls, Policies.from_dict(told["policies"]), reasons, int(told["lost"]))


@dataclass
class Report:
    """The recording, judged.

    Attributes:
        verdicts: one a call.
        used: statements, with the verdicts that rest on them.
        unused: statements of roles that allowed nothing.
        reasons: why a statement may be unused, where its template says.
    """

    verdicts: list[Verdict]
    used: dict[Statement, list[Verdict]] = field(default_factory=lambda: defaultdict(list))
    unused: list[Statement] = field(default_factory=list)
    reasons: dict[Statement, str] = field(default_factory=dict)

    @property
    def denied(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if not verdict.allowed]

    @property
    def unexplained(self) -> list[Statement]:
        """Unused, and nobody says why."""
        return [statement for statement in self.unused if statement not in self.reasons]

    @property
    def stale(self) -> list[Statement]:
        """Said to be unused, and used."""
        return [statement for statement in self.reasons if statement in self.used]


def judge(snapshot: Snapshot, simulator: Simulator) -> Report:
    """Evaluate every recorded call against the policies."""
    verdicts = simulator.judge(snapshot.calls, snapshot.policies)
    report = Report(verdicts, reasons=snapshot.reasons)
    for verdict in verdicts:
        for statement in verdict.statements:
            report.used[statement].append(verdict)
    report.unused = [item for item in all_statements(snapshot.policies) if item not in report.used]
    return report


def all_statements(policies: Policies) -> list[Statement]:
    """Every statement of every role and user."""
    return [
        Statement(arn, name, index)
        for arn, role in sorted(policies.identities.items())
        for name, document in sorted(role.identity.items())
        for index in range(len(statements(document)))
    ]


def needed(statement: Statement, report: Report, policies: Policies, simulator: Simulator) -> list[Verdict]:
    """The calls that are denied when the statement is taken away.

    Only those that it allows can be: it is an Allow, and nothing else changes.
    """
    calls = [verdict.call for verdict in report.used.get(statement, ())]
    return [verdict for verdict in simulator.judge(calls, without(policies, statement)) if not verdict.allowed]


def describe(statement: Statement, policies: Policies) -> str:
    """For people: whose, which, and what it says."""
    found = statements(policies.identities[statement.holder].identity[statement.policy])[statement.index]
    actions, resources = (", ".join(_listed(found.get(name))) for name in ("Action", "Resource"))
    return f"{short(statement.holder)} {statement.policy}[{statement.index}]: {actions} on {resources}"


def short(principal: str) -> str:
    """A role's name."""
    return principal.rpartition("/")[2]


def reasons_of(cloudformation: Any, account: str) -> list[dict[str, Any]]:
    """The reasons beside the statements, from the templates of the deployed stacks."""
    found: list[dict[str, Any]] = []
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            template = cloudformation.get_template(StackName=stack["StackName"])["TemplateBody"]
            if not isinstance(template, dict):
                continue
            for logical, resource in template.get("Resources", {}).items():
                told = (resource.get("Metadata") or {}).get(REASONS)
                if resource["Type"] != "AWS::IAM::Role" or not told:
                    continue
                detail = cloudformation.describe_stack_resource(
                    StackName=stack["StackName"], LogicalResourceId=logical
                )["StackResourceDetail"]
                arn = f"arn:aws:iam::{account}:role/{detail['PhysicalResourceId']}"
                found += [
                    {"holder": arn, "policy": policy, "index": int(index), "reason": text}
                    for policy, reasons in told.items()
                    for index, text in reasons.items()
                ]
    return found


def as_dict(report: Report, snapshot: Snapshot) -> dict[str, Any]:
    """For JSON: by principal, the calls and what allowed them; denied calls; unused statements."""
    principals: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for verdict in report.verdicts:
        call = verdict.call
        principals[call.caller.principal].append(
            {
                "action": call.action,
                "resource": call.resource,
                "context": {**dict(call.caller.context), **dict(call.context)},
                "via": call.via,
                "count": snapshot.calls[call],
                "allowed": verdict.allowed,
                "statements": [vars(statement) for statement in verdict.statements],
                **({} if verdict.allowed else {"message": verdict.message}),
            }
        )
    return {
        "principals": dict(sorted(principals.items())),
        "unused": [
            {**vars(item), "statement": describe(item, snapshot.policies), "reason": report.reasons.get(item)}
            for item in report.unused
        ],
        "lost": snapshot.lost,
    }


def _call(told: Mapping[str, Any]) -> Call:
    context = tuple(sorted(told["context"].items()))
    of_service = not told["principal"].startswith("arn:")
    caller = Caller(
        told["principal"],
        told["session"],
        context if of_service else (),
        sponsor=told["sponsor"],
        limit=told["limit"],
    )
    return Call(caller, told["action"], told["resource"], context, told["via"])


def _listed(value: Any) -> Iterable[str]:
    return [] if value is None else value if isinstance(value, list) else [value]
