"""Bucket policies with their conditions.

moto matches actions and resources and ignores Condition, so that "deny unless TLS" denies everything. This evaluates
policies as
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html says, with what
is known of a request to this cloud. What it cannot evaluate is refused when the policy is put.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from localcloud.iam.s3_context import ROLE_TAG

# Keys whose value a request to this cloud has, or is known not to have (None).
CONTEXT_KEYS = frozenset(
    key.lower()
    for key in (
        "aws:CurrentTime", "aws:EpochTime", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID", "aws:PrincipalServiceName", "aws:Referer", "aws:RequestedRegion",
        "aws:ResourceAccount", "aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn", "aws:SourceIp",
        "aws:SourceOrgID", "aws:SourceVpc",
        "aws:SourceVpce", "aws:UserAgent", "aws:ViaAWSService", "aws:userid", "aws:username",
        "s3:ResourceAccount", "s3:TlsVersion", "s3:VersionId",
        "s3:authType", "s3:delimiter", "s3:max-keys", "s3:prefix", "s3:signatureversion",
        "s3:x-amz-acl", "s3:x-amz-content-sha256", "s3:x-amz-copy-source", "s3:x-amz-grant-full-control",
        "s3:x-amz-grant-read", "s3:x-amz-grant-read-acp", "s3:x-amz-grant-write", "s3:x-amz-grant-write-acp",
        "s3:x-amz-metadata-directive", "s3:x-amz-object-ownership", "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:x-amz-server-side-encryption-customer-algorithm",
        "s3:x-amz-storage-class", "s3:x-amz-website-redirect-location",
    )
)  # fmt: skip
NEGATED = re.compile(r"Not")


class PolicyError(ValueError):
    """A policy that is no policy, or that this cloud cannot evaluate; the message says which part."""

    def __init__(self, message: str, *, supported: bool = True) -> None:
        super().__init__(message)
        self.supported = supported  # False: AWS would take it


@dataclass(frozen=True)
class Request:
    """What a policy can ask about a request. Keys of ``context`` are lower case; a key that is absent is not set."""

    action: str  # "s3:PutObject"
    resource: str  # ARN
    principal: str | None  # ARN of the caller or name of a service, None for an anonymous caller
    context: Mapping[str, str]


def _wildcard(pattern: str, text: str) -> bool:
    return fnmatchcase(text, pattern.replace("[", "[[]"))  # which does not go back for every other "*"


def _arn(pattern: str, text: str) -> bool:
    """Part by part: a wildcard does not reach over a colon, except in the last part."""
    wanted, given = pattern.split(":", 5), text.split(":", 5)
    return len(wanted) == len(given) and all(
        _wildcard(part, other) for part, other in zip(wanted, given, strict=True)
    )


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, given: compare(float(given), float(wanted))


def _instant(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _date(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, given: compare(_instant(given), _instant(wanted))


def _address(network: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda given, wanted: given == wanted,
    "LessThan": lambda given, wanted: given < wanted,
    "LessThanEquals": lambda given, wanted: given <= wanted,
    "GreaterThan": lambda given, wanted: given > wanted,
    "GreaterThanEquals": lambda given, wanted: given >= wanted,
}
# operator without "Not" → (value in the policy, value of the request) → match
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "IpAddress": _address,
    "StringEquals": lambda wanted, given: wanted == given,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": _wildcard,
    **{f"Numeric{name}": _number(compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _date(compare) for name, compare in _COMPARISONS.items()},
}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class _Operator:
    match: Callable[[str, str], bool] | None  # None: Null
    negated: bool
    if_exists: bool
    all_values: bool


def _operator(name: str) -> _Operator:
    quantifier, colon, bare = name.rpartition(":")
    if colon and quantifier not in ("ForAllValues", "ForAnyValue"):
        raise PolicyError(f"Invalid Condition type : {name}")
    if_exists = bare.endswith("IfExists")
    bare = bare.removesuffix("IfExists")
    if bare == "Null":
        return _Operator(None, negated=False, if_exists=False, all_values=False)
    positive = NEGATED.sub("", bare)
    if positive not in OPERATORS:
        raise PolicyError(f"the condition operator {name} cannot be evaluated by the local cloud", supported=False)
    negated = positive != bare
    return _Operator(OPERATORS[positive], negated, if_exists, all_values=quantifier == "ForAllValues")


def _holds(name: str, key: str, wanted: list[str], context: Mapping[str, str]) -> bool:
    operator, given = _operator(name), context.get(key.lower())
    if operator.match is None:
        return any((given is None) == (value.lower() == "true") for value in wanted)
    if given is None:
        return operator.negated or operator.if_exists or operator.all_values
    return any(operator.match(value, given) for value in wanted) != operator.negated


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for name, block in (statement.get("Condition") or {}).items():
        for key, value in block.items():
            texts = [str(item).lower() if isinstance(item, bool) else str(item) for item in _listed(value)]
            yield name, key, texts


def parse(text: str) -> list[dict[str, Any]]:
    """The statements of a bucket policy.

    Raises:
        PolicyError: it is malformed, or has an operator or key that cannot be evaluated here, naming it.
    """
    try:
        document = json.loads(text)
        statements = [dict(item) for item in _listed(document["Statement"])]
    except (ValueError, KeyError, TypeError):
        raise PolicyError("This policy contains invalid Json") from None
    for statement in statements:
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise PolicyError(f"Invalid effect: {statement.get('Effect')}")
        for names in (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")):
            if not any(name in statement for name in names):
                raise PolicyError(f"Missing required field {names[0]}")
        for name, key, values in _conditions(statement):
            _operator(name)
            if key.lower() not in CONTEXT_KEYS and not key.lower().startswith(ROLE_TAG):
                raise PolicyError(f"the condition key {key} cannot be evaluated by the local cloud", supported=False)
            if any("${" in value for value in values):
                raise PolicyError(
                    f"policy variables ({values}) cannot be evaluated by the local cloud", supported=False
                )
    return statements


def _names_principal(principal: Any, caller: str | None) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    if caller is not None and not caller.startswith("arn:"):
        return caller in _listed(principal.get("Service", []))
    names = _listed(principal.get("AWS", []))
    if caller is None:
        return "*" in names
    account = caller.split(":")[4]
    return any(name in ("*", caller, account, f"arn:aws:iam::{account}:root") for name in names)


def _concerns(statement: Mapping[str, Any], request: Request) -> bool:
    def matches(name: str, test: Callable[[Any], bool]) -> bool:
        if f"Not{name}" in statement:
            return not test(statement[f"Not{name}"])
        return test(statement[name])

    return (
        matches(
            "Action",
            lambda value: any(_wildcard(item.lower(), request.action.lower()) for item in _listed(value)),
        )
        and matches("Resource", lambda value: any(_wildcard(item, request.resource) for item in _listed(value)))
        and matches("Principal", lambda value: _names_principal(value, request.principal))
    )


_parsed = lru_cache(maxsize=256)(parse)


def decide(policy: str, request: Request) -> str | None:
    """ "Deny", "Allow", or None where the policy has no say. An explicit Deny wins."""
    decision = None
    for statement in _parsed(policy):
        if _concerns(statement, request) and all(
            _holds(name, key, values, request.context) for name, key, values in _conditions(statement)
        ):
            if statement["Effect"] == "Deny":
                return "Deny"
            decision = "Allow"
    return decision
