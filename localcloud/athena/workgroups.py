"""What a workgroup decides about a query: where its results go, how they are encrypted, how much it may scan.

https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
"""

from typing import Any

from moto.core.exceptions import ServiceException

MINIMUM_CUTOFF = 10_000_000  # WorkGroupConfiguration, BytesScannedCutoffPerQuery
DEFAULT = "primary"


class InvalidRequestError(ServiceException):  # type: ignore[misc]
    """`InvalidRequestException`, Athena's answer to nearly every wrong input."""

    code = "InvalidRequestException"

    def __init__(self, message: str, athena_code: str = "INVALID_INPUT") -> None:
        super().__init__(message)
        self.AthenaErrorCode = athena_code


def check_configuration(configuration: dict[str, Any]) -> None:
    """Refuse a workgroup configuration that Athena refuses, or that means something the local cloud does not do."""
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    if cutoff is not None and int(cutoff) < MINIMUM_CUTOFF:
        raise InvalidRequestError(
            f"1 validation error detected: Value '{cutoff}' at 'bytesScannedCutoffPerQuery' failed to satisfy "
            f"constraint: Member must have value greater than or equal to {MINIMUM_CUTOFF}"
        )
    if (configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"):
        raise InvalidRequestError("managed query results are not supported by the local Athena")
    location = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    if location is not None:
        check_location(location)
    option = ((configuration.get("ResultConfiguration") or {}).get("EncryptionConfiguration") or {}).get(
        "EncryptionOption"
    )
    if option == "CSE_KMS":
        raise InvalidRequestError("client-side encryption of results is not supported by the local Athena")
    engine = (configuration.get("EngineVersion") or {}).get("SelectedEngineVersion", "AUTO")
    if engine not in ("AUTO", "Athena engine version 3"):
        raise InvalidRequestError(f"engine version '{engine}' is not supported by the local Athena")


def check_location(location: str) -> None:
    """An output location is an S3 URI."""
    if not location.startswith("s3://") or not location.removeprefix("s3://").split("/", maxsplit=1)[0]:
        raise InvalidRequestError(f"outputLocation is not a valid S3 path: {location}")


def result_configuration(configuration: dict[str, Any], given: dict[str, Any] | None) -> dict[str, Any]:
    """The ResultConfiguration that holds for a query.

    Raises:
        InvalidRequestError: no output location anywhere.
    """
    of_workgroup = configuration.get("ResultConfiguration") or {}
    if configuration.get("EnforceWorkGroupConfiguration", True):
        chosen = dict(of_workgroup)
    else:
        chosen = {**of_workgroup, **(given or {})}
    if not chosen.get("OutputLocation"):
        raise InvalidRequestError(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
    check_location(chosen["OutputLocation"])
    return chosen
