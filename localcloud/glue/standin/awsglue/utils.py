"""Job arguments, after https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-get-resolved-options.html."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

# Glue passes these itself and returns them from every call, asked for or not.
_RESERVED = (
    "job_bookmark_option",
    "job_bookmark_from",
    "job_bookmark_to",
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
    "TempDir",
)


class GlueArgumentError(Exception):
    """A required argument is missing or has no value."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(argv: Sequence[str], options: Sequence[str]) -> dict[str, Any]:  # noqa: N802 - AWS's name
    """The values of ``options`` (names without dashes) out of ``argv``, plus the arguments Glue reserves.

    An argument that is not asked for is not in the answer. Since Glue 6.0 names may not be abbreviated.

    Raises:
        GlueArgumentError: a required argument is missing.
        RuntimeError: a name is one that Glue reserves for its own dashes (``job-bookmark-option``).
    """
    for option in options:
        if "-" in option:
            raise RuntimeError(f"Using reserved arguments {option}: names have underscores, not hyphens")
    parser = _Parser(add_help=False, allow_abbrev=False)
    for name in _RESERVED:
        spellings = {f"--{name}", f"--{name.replace('_', '-')}"}
        parser.add_argument(*sorted(spellings), dest=name, default=None)
    for name in options:
        if name not in _RESERVED:
            parser.add_argument(f"--{name}", dest=name, required=True)
    found = vars(parser.parse_known_args(list(argv[1:]))[0])
    missing = [f"--{name}" for name in options if found[name] is None]
    if missing:
        raise GlueArgumentError("the following arguments are required: " + ", ".join(missing))
    if found["job_bookmark_option"] is None:
        found["job_bookmark_option"] = "job-bookmark-disable"
    return {name: value for name, value in found.items() if value is not None or name not in ("TempDir",)}
