"""``mlref deploy-local``: the life of a deployment with the real CDK CLI, on a local cloud."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.errors import UserError
from cli.leftovers import look
from cli.local import ROOT, Endpoint, local_cloud
from cli.steps import Steps
from settings import from_context

CLI = ROOT / "node_modules" / ".bin" / "cdk"
DEPLOY = ("deploy", "--all", "--require-approval", "never")
CHANGE = ("athena_cutoff_bytes", "20000000")
CHANGED = "[~] AWS::Athena::WorkGroup"  # what that setting changes, as cdk diff shows it
RENAMED = ("database", "renamed")  # synthesizes, and cannot be deployed
REFUSAL = "Database cannot be renamed"
DIFFERENCE = re.compile(r"^(\[[~+-]\]) (AWS::\S+|Custom::\S+)", re.MULTILINE)
COMMAND_SECONDS = 600
LAST_LINES = 15


class Cdk:
    """The pinned CDK CLI, which runs plain app.py and talks to a local cloud."""

    def __init__(self, target: Endpoint, folder: Path) -> None:
        self._target = target
        self._folder = folder

    def __call__(self, *arguments: str, context: tuple[str, str] | None = None) -> str:
        """What the command printed. Raises UserError with its last lines when it fails."""
        finished = self.run(*arguments, context=context)
        if finished.returncode:
            told = "\n".join(finished.stdout.strip().splitlines()[-LAST_LINES:])
            raise UserError(f"cdk {' '.join(arguments)} ended with exit status {finished.returncode}:\n{told}")
        return finished.stdout

    def run(self, *arguments: str, context: tuple[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        """The finished command; both of its streams are in ``stdout``."""
        if not CLI.exists():
            raise UserError("the CDK CLI is not installed here: run `make setup`")
        try:
            return subprocess.run(
                [
                    str(CLI),
                    *arguments,
                    *("--output", str(self._folder / "cdk.out"), "--no-notices", "--no-color", "--ci"),
                    *(("--context", "=".join(context)) if context else ()),
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    **self._target.environment,
                    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
                    "CDK_HOME": str(self._folder / "home"),
                    "CDK_DISABLE_CLI_TELEMETRY": "1",
                    "AWS_EC2_METADATA_DISABLED": "true",
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=COMMAND_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise UserError(f"cdk {' '.join(arguments)} did not end within {COMMAND_SECONDS} s") from error


def deploy_local(
    cycles: Annotated[int, typer.Option(min=1, help="how often to deploy, update and destroy")] = 1,
) -> None:
    """Run cdk bootstrap, deploy, diff, update and destroy with the real CDK CLI, on a local cloud of its own.

    Exit status 1 when a command fails, a diff shows what it should not, or something is left after destroy.

    Examples:

      mlref deploy-local

      mlref deploy-local --cycles 10
    """
    console = Console()
    steps = Steps(console)
    try:
        with tempfile.TemporaryDirectory(prefix="mlref-") as folder, local_cloud() as cloud:
            os.environ.update(cloud.environment)
            Lifecycle(cloud, Cdk(cloud, Path(folder)), steps).run(cycles)
    except KeyboardInterrupt:
        console.print("Stopped. The local cloud is gone with everything in it.")
        raise typer.Exit(130) from None


class Lifecycle:
    """Bootstrap once; then deploy, look for differences, update, fail to update, and destroy, as often as asked."""

    def __init__(self, cloud: Endpoint, cdk: Cdk, steps: Steps) -> None:
        self._cloud = cloud
        self._cdk = cdk
        self._steps = steps

    def run(self, cycles: int) -> None:
        """Raises UserError at the first step that does not end as it should."""
        with self._steps.step("bootstrap", "cdk bootstrap") as step:
            self._cdk("bootstrap", f"aws://{self._cloud.account}/{self._cloud.region}")
            step.result = "the CDK's bucket and roles are there"
        for cycle in range(1, cycles + 1):
            number = f" {cycle}" if cycles > 1 else ""
            for name, doing, work in self._cycle():
                with self._steps.step(f"{name}{number}", doing) as step:
                    step.result = work()

    def _cycle(self) -> tuple[tuple[str, str, Callable[[], str]], ...]:
        return (
            ("deploy", "cdk deploy --all", self.deploy),
            ("diff", "cdk diff", self.no_difference),
            ("update", f"cdk deploy --all -c {'='.join(CHANGE)}", self.update),
            ("rollback", f"cdk deploy --all -c {'='.join(RENAMED)}", self.rollback),
            ("destroy", "cdk destroy --all", self.destroy),
            ("leftovers", "looking for what is left", self.nothing_left),
        )

    def deploy(self) -> str:
        """Every stack is there, with its outputs."""
        self._cdk(*DEPLOY)
        stacks = self._stacks()
        without = [stack["StackName"] for stack in stacks if not stack.get("Outputs")]
        if without:
            raise UserError(f"stacks without outputs: {', '.join(without)}")
        return f"{len(stacks)} stacks, {sum(len(stack['Outputs']) for stack in stacks)} outputs"

    def no_difference(self) -> str:
        """What is deployed is what app.py says."""
        changed = differences(self._cdk("diff"))
        if changed:
            raise UserError(f"cdk diff right after cdk deploy shows {', '.join(changed)}")
        return "no differences"

    def update(self) -> str:
        """A changed setting shows, and changes, one resource."""
        changed = differences(self._cdk("diff", context=CHANGE))
        if changed != [CHANGED]:
            raise UserError(f"{CHANGE[0]} should change {CHANGED}, cdk diff shows {', '.join(changed) or 'nothing'}")
        self._cdk(*DEPLOY, context=CHANGE)
        return f"{CHANGE[0]} changed one work group and nothing else"

    def rollback(self) -> str:
        """An update that cannot be made leaves every stack as it was, and says why."""
        before = self._stacks()
        finished = self._cdk.run(*DEPLOY, context=RENAMED)
        if finished.returncode == 0 or REFUSAL not in finished.stdout:
            raise UserError(f"a database cannot be renamed, and cdk deploy -c {'='.join(RENAMED)} did not say so")
        after = {stack["StackName"]: stack for stack in self._stacks()}
        for stack in before:
            now = after[stack["StackName"]]
            if now["Outputs"] != stack["Outputs"] or not now["StackStatus"].endswith("_COMPLETE"):
                raise UserError(f"stack {stack['StackName']} is not as it was: {now['StackStatus']}")
        return "a database cannot be renamed: every stack is as it was, the reason shown"

    def destroy(self) -> str:
        """No stack is left."""
        self._cdk("destroy", "--all", "--force")
        if left := [stack["StackName"] for stack in self._stacks()]:
            raise UserError(f"cdk destroy left the stacks {', '.join(left)}")
        return "no stack left"

    def nothing_left(self) -> str:
        """No service has anything of the project."""
        left = look(from_context({})).found
        if left:
            told = ", ".join(f"{item.service} {item.kind} {item.name}" for item in left)
            raise UserError(f"cdk destroy left {told}")
        return "nothing of the project, in any service"

    def _stacks(self) -> list[dict[str, Any]]:
        """The project's stacks, the CDK's own aside."""
        client: Any = self._cloud.client("cloudformation")
        found = [stack for page in client.get_paginator("describe_stacks").paginate() for stack in page["Stacks"]]
        return [stack for stack in found if stack["StackName"] != "CDKToolkit"]


def differences(printed: str) -> list[str]:
    """``[~] AWS::Athena::WorkGroup``, one for each resource that `cdk diff` shows as added, changed or gone."""
    return [f"{kind} {name}" for kind, name in DIFFERENCE.findall(printed)]
