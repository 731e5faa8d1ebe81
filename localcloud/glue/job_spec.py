"""From a job definition and a request to what the job process is told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from localcloud.glue.job_process import site_packages
from localcloud.standalone.engine_calls import fetch

_SPLIT = re.compile(r"\s*,\s*")


class JobSetupError(RuntimeError):
    """The run cannot begin; the text becomes its ErrorMessage."""


@dataclass(frozen=True)
class JobFiles:
    """S3 URIs that a run needs before its script starts."""

    script: str
    python: tuple[str, ...]
    other: tuple[str, ...]


def merge_arguments(
    defaults: Mapping[str, str], given: Mapping[str, str], fixed: Mapping[str, str]
) -> dict[str, str]:
    """DefaultArguments, overridden by the run's Arguments, overridden by NonOverridableArguments."""
    return {**defaults, **given, **fixed}


def job_files(definition: Mapping[str, Any], arguments: Mapping[str, str]) -> JobFiles:
    """What to fetch; JobSetupError for a command that is not a Spark script.

    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
    """
    command = definition.get("Command") or {}
    if command.get("Name") != "glueetl":
        raise JobSetupError(f"a job of type {command.get('Name')!r} is not implemented by the local cloud")
    script = command.get("ScriptLocation", "")
    if not script.startswith("s3://"):
        raise JobSetupError(f"Command.ScriptLocation {script!r} is not an s3:// URI")
    return JobFiles(script, _uris(arguments, "--extra-py-files"), _uris(arguments, "--extra-files"))


def script_arguments(arguments: Mapping[str, str], job_name: str, run_id: str) -> list[str]:
    """``sys.argv[1:]`` of the script: every argument of the run, and the two that Glue adds."""
    passed = {**arguments, "--JOB_NAME": job_name, "--JOB_RUN_ID": run_id, "--JOB_ID": f"j_{job_name}"}
    passed.setdefault("--job-bookmark-option", "job-bookmark-disable")
    return [word for argument in passed.items() for word in argument]


def spark_conf(arguments: Mapping[str, str], engine: str) -> dict[str, str]:
    """``--conf``: ``a=b --conf c=d``, as Glue takes several in one argument."""
    text = arguments.get("--conf", "")
    found = dict(part.strip().partition("=")[::2] for part in text.split("--conf") if part.strip())
    for key, value in found.items():
        if engine == "sail" and key.lower().endswith("partitionoverwritemode") and value.lower() == "dynamic":
            raise JobSetupError(
                f"--conf {key}={value}: Sail ignores dynamic partition overwrite and would delete the other "
                "partitions. Purge the partition and append, or run the job with GLUE_ENGINE=spark"
            )
    return found


def uses_spark_catalog(arguments: Mapping[str, str]) -> bool:
    """``--enable-glue-datacatalog``: Spark's own catalog is the Data Catalog. Without a value it is switched on."""
    return arguments.get("--enable-glue-datacatalog", "false").lower() != "false"


def check_modules(arguments: Mapping[str, str], engine: str) -> None:
    """``--additional-python-modules`` are never installed here; they must be there in the stated version."""
    wanted = [text for text in _SPLIT.split(arguments.get("--additional-python-modules", "")) if text]
    if not wanted:
        return
    there = {_normal(found.name): found.version for found in distributions(path=[str(site_packages(engine))])}
    for text in wanted:
        name, _, version = text.partition("==")
        found = there.get(_normal(name))
        if found is None or (version and version.strip() != found):
            raise JobSetupError(
                f"--additional-python-modules {text}: the local cloud installs nothing, and the {engine} "
                f"environment has {f'{name} {found}' if found else 'no such module'}"
            )


def bring(s3: Any, uri: str, directory: Path) -> Path:
    """Copy one object into ``directory``; JobSetupError when it is not there."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    target = directory / (key.rsplit("/", 1)[-1] or "script")
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("wb") as file:
            fetch(s3, bucket, key, file)
    except s3.exceptions.ClientError as error:
        raise JobSetupError(f"LAUNCH ERROR | File {uri} cannot be read: {error.response['Error']['Code']}") from error
    return target


def _uris(arguments: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(uri for uri in _SPLIT.split(arguments.get(name, "").strip()) if uri)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
