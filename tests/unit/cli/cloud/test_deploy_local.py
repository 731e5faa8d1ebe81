"""What `cdk diff` prints decides whether a deployment is what it should be; how the CDK CLI is run."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from cli.cloud.cdk_cli import Cdk, Context
from cli.cloud.lifecycle import Lifecycle, differences
from cli.cloud.local import Endpoint
from cli.errors import UserError

NOTHING = """
Stack Lakehouse (mlref-Lakehouse) (aws://123456789012/us-east-1)
There were no differences

✨  Number of stacks with differences: 0
"""
WORK_GROUP = """
Stack Lakehouse (mlref-Lakehouse) (aws://123456789012/us-east-1)
Resources
[~] AWS::Athena::WorkGroup WorkGroup WorkGroup
 └─ [~] WorkGroupConfiguration
     └─ [~] .BytesScannedCutoffPerQuery:
         ├─ [-] 1000000000
         └─ [+] 20000000
"""
TRIGGER = """
[~] AWS::Glue::Trigger CurationStart CurationStart replace
 ├─ [+] Schedule
 │   └─ cron(0 3 * * ? *)
 └─ [~] Type (requires replacement)
"""
MORE = WORK_GROUP + "[-] Custom::EmptyPackageGroup Versions destroy\n[+] AWS::SNS::Topic Topic Topic1234\n"


class PrintedCdk:
    """A CLI that prints what it is given."""

    def __init__(self, printed: str) -> None:
        self.printed = printed

    def __call__(self, *arguments: str, context: Context | None = None) -> str:
        return self.printed


def lifecycle(printed: str) -> Lifecycle:
    target = Endpoint("http://localhost:1", "us-east-1", "123456789012")
    return Lifecycle(target, PrintedCdk(printed), Console(quiet=True))  # type: ignore[arg-type]


def test_resources_that_are_changed_added_and_removed_are_read() -> None:
    assert differences(NOTHING) == []
    assert differences(WORK_GROUP) == ["[~] AWS::Athena::WorkGroup"]
    assert differences(WORK_GROUP + TRIGGER) == ["[~] AWS::Athena::WorkGroup", "[~] AWS::Glue::Trigger replace"]
    assert differences(MORE)[1:] == ["[-] Custom::EmptyPackageGroup", "[+] AWS::SNS::Topic"]


def test_a_difference_right_after_deployment_is_an_error() -> None:
    assert lifecycle(NOTHING).no_difference() == "no differences"
    with pytest.raises(UserError, match=r"right after cdk deploy shows \[~\] AWS::Athena::WorkGroup"):
        lifecycle(WORK_GROUP).no_difference()


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (NOTHING, "nothing"),
        (WORK_GROUP, r"shows \['\[~\] AWS::Athena::WorkGroup'\]"),
        (WORK_GROUP + TRIGGER.replace(" replace", ""), r"shows .* '\[~\] AWS::Glue::Trigger'\]"),
        (MORE, r"\[\+\] AWS::SNS::Topic"),
    ],
)
def test_an_update_of_anything_else_is_an_error(printed: str, shown: str) -> None:
    with pytest.raises(UserError, match=shown):
        lifecycle(printed).update()


FAKE_CLI = """
import os, sys, time
log = os.environ["FAKE_LOG"]
open(log, "a").write(" ".join(sys.argv[1:]) + "\\n")
if "fail" in sys.argv:
    print("stack events", "[/Resources/A]", sep="\\n")
    sys.exit(3)
if "hang" in sys.argv:
    child = os.fork()  # as the CLI starts app.py
    open(f"{log}.{'child' if child == 0 else 'parent'}", "w").write(str(os.getpid()))
    time.sleep(600)
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CLI that writes its arguments down; returns where."""
    script = tmp_path / "cdk"
    script.write_text(f"#!{sys.executable}\n{FAKE_CLI}", "utf-8")
    script.chmod(0o755)
    monkeypatch.setattr("cli.cloud.cdk_cli.CLI", script)
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def test_app_py_runs_once_for_each_setting(fake: Path, tmp_path: Path) -> None:
    cdk = Cdk(Endpoint("http://localhost:1", "us-east-1", "123456789012"), tmp_path)
    for context in ({}, {"a": "1", "b": "2"}, {}, {"a": "1", "b": "2"}):
        cdk("deploy", context=context)
    runs = [
        line.split(" --no-notices")[0].replace(str(tmp_path), "") for line in fake.read_text("utf-8").splitlines()
    ]
    assert runs == [
        "deploy --output /cdk.out.0",
        "deploy --output /cdk.out.1 --context a=1 --context b=2",
        "deploy --app /cdk.out.0",
        "deploy --app /cdk.out.1",
    ]


def test_a_failed_command_is_named_with_what_it_printed(fake: Path, tmp_path: Path) -> None:
    cdk = Cdk(Endpoint("http://localhost:1", "us-east-1", "123456789012"), tmp_path)
    with pytest.raises(UserError, match=r"(?s)^cdk fail .* exit status 3:\nstack events\n\[/Resources/A\]$"):
        cdk("fail")
    assert cdk.run("fail").returncode == 3


def test_interrupting_ends_the_cli_and_what_it_started(fake: Path, tmp_path: Path) -> None:
    code = (
        "import pathlib, cli.cloud.cdk_cli as c; from cli.cloud.local import Endpoint;"
        f"c.CLI = pathlib.Path({str(tmp_path / 'cdk')!r});"
        f"c.Cdk(Endpoint('http://localhost:1', 'us-east-1', '123456789012'), pathlib.Path({str(tmp_path)!r}))('hang')"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    files = [Path(f"{fake}.{who}") for who in ("parent", "child")]
    deadline = time.monotonic() + 60
    while not all(file.exists() and file.read_text("utf-8") for file in files):
        assert time.monotonic() < deadline, "the CLI did not start"
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=60)[1]
    for file in files:
        assert _gone(int(file.read_text("utf-8"))), file.name


def _gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for is a zombie."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        told = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)],  # noqa: S607 - wherever POSIX has it
            capture_output=True,
            text=True,
            check=False,
        )
        if told.stdout.strip()[:1] in ("", "Z"):
            return True
        time.sleep(0.02)
    return False
