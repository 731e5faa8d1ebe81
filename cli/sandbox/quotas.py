"""The account's quotas against what a deployment needs, for ``mlref doctor --aws``."""

from collections.abc import Iterator
from typing import Any

from cli.errors import UserError
from guards.quotas import Need


def examine(client: Any, needs: tuple[Need, ...]) -> Iterator[tuple[Need, str, str]]:
    """Each need, what the account has (``unknown`` when Service Quotas does not list it), and the fix if too little.

    Args:
        client: of Service Quotas.

    Raises:
        UserError: Service Quotas cannot be asked.
    """
    applied: dict[str, dict[str, Any]] = {}
    for need in needs:
        if need.service not in applied:
            applied[need.service] = _quotas(client, need.service)
        quota = applied[need.service].get(need.quota)
        if quota is None:
            yield need, "unknown", ""
            continue
        value = float(quota["Value"])
        fix = "" if value >= need.number else _request(quota, need.number)
        yield need, f"{value:g}", fix


def _quotas(client: Any, service: str) -> dict[str, dict[str, Any]]:
    """By name: AWS's defaults, and over them what the account was granted (only that is listed for some)."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - keeps `--help` fast

    found: dict[str, dict[str, Any]] = {}
    try:
        for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
            for page in client.get_paginator(operation).paginate(ServiceCode=service):
                found |= {quota["QuotaName"]: quota for quota in page["Quotas"]}
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"Service Quotas does not answer for {service}: {error}") from error
    return found


def _request(quota: dict[str, Any], number: int) -> str:
    if not quota.get("Adjustable", True):
        return "cannot be raised: choose other settings"
    return (
        f"aws service-quotas request-service-quota-increase --service-code {quota['ServiceCode']} "
        f"--quota-code {quota['QuotaCode']} --desired-value {number}"
    )
