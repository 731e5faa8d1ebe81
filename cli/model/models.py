"""``mlref models``: the versions in the model registry, and their approval."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from cli.console import Console, Table, styled, write_json
from cli.deployment import outputs
from cli.errors import UserError

models = typer.Typer(no_args_is_help=True, help="Registered models, and who may serve.")

COLOURS = {"Approved": "green", "Rejected": "red", "PendingManualApproval": "yellow"}
VERSION = typer.Argument(help="number of the version; by default the newest")
REASON = typer.Option(help="why; kept with the version")


@dataclass(frozen=True)
class Version:
    """A model package; ``status`` is Approved, Rejected or PendingManualApproval."""

    version: int
    status: str
    created: str
    reason: str
    arn: str


@models.command("list")
def list_models(
    *, as_json: Annotated[bool, typer.Option("--json", help="one JSON object a version")] = False
) -> None:
    """List the registered versions, the newest first.

    Examples:

      mlref models list

      mlref models list --json
    """
    found = versions(outputs().model_package_group)
    if as_json:
        for version in found:
            write_json(asdict(version))
        return
    table = Table("version", "status", "registered", "reason", "ARN")
    for version in found:
        status = styled((version.status, COLOURS.get(version.status, "cyan")))
        table.add_row(str(version.version), status, version.created, version.reason, version.arn)
    Console().print(table)


@models.command()
def approve(
    version: Annotated[int | None, VERSION] = None, *, reason: Annotated[str, REASON] = "approved with mlref"
) -> None:
    """Approve a version.

    Examples:

      mlref models approve

      mlref models approve 3 --reason "better on the latest days"
    """
    _decide(version, "Approved", reason)


@models.command()
def reject(
    version: Annotated[int | None, VERSION] = None, *, reason: Annotated[str, REASON] = "rejected with mlref"
) -> None:
    """Reject a version.

    Examples:

      mlref models reject 3 --reason "worse than the one before"
    """
    _decide(version, "Rejected", reason)


def versions(group: str) -> list[Version]:
    """Versions of the group, the newest first."""
    from cli.model.sagemaker import refusals  # noqa: PLC0415 - keeps `--help` fast

    with refusals() as client:
        pages = client.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
        arns = [item["ModelPackageArn"] for page in pages for item in page["ModelPackageSummaryList"]]
        found = [_version(client.describe_model_package(ModelPackageName=arn)) for arn in arns]
    return sorted(found, key=lambda item: item.version, reverse=True)


def decide(group: str, version: int | None, status: str, reason: str) -> Version:
    """Set the approval status of a version (None: the newest). Raises UserError when there is no such version."""
    from cli.model.sagemaker import refusals  # noqa: PLC0415

    known = versions(group)
    if not known:
        raise UserError(f"group {group} has no models yet: train one with `mlref pipeline start`")
    chosen = [item for item in known if version in (None, item.version)]
    if not chosen:
        numbers = ", ".join(str(item.version) for item in known)
        raise UserError(f"group {group} has no version {version}: it has {numbers}")
    with refusals() as client:
        client.update_model_package(
            ModelPackageArn=chosen[0].arn, ModelApprovalStatus=status, ApprovalDescription=reason
        )
        return _version(client.describe_model_package(ModelPackageName=chosen[0].arn))


def _decide(version: int | None, status: str, reason: str) -> None:
    decided = decide(outputs().model_package_group, version, status, reason)
    Console().print(f"Version {decided.version} is {decided.status}: {decided.reason}")


def _version(told: dict[str, Any]) -> Version:
    return Version(
        version=int(told["ModelPackageVersion"]),
        status=told["ModelApprovalStatus"],
        created=told["CreationTime"].strftime("%Y-%m-%d %H:%M"),
        reason=told.get("ApprovalDescription") or "",
        arn=told["ModelPackageArn"],
    )
