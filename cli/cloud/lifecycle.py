"""The life of a deployment: refused, deployed, unchanged, updated, rolled back, destroyed, and nothing left."""

import re
import time
from collections.abc import Callable
from typing import Any

from cli.cloud.cdk_cli import Cdk, Context
from cli.cloud.local import Endpoint
from cli.console import Console
from cli.deployment import outputs
from cli.errors import UserError
from cli.sandbox.account import Found, look
from cli.steps import Steps
from settings import from_context

# Stacks that do not need each other are deployed and destroyed at the same time.
DEPLOY = ("deploy", "--all", "--require-approval", "never", "--concurrency", "4")
DESTROY = ("destroy", "--all", "--force", "--concurrency", "4")
DEFAULT: Context = {}
CUTOFF = 20_000_000
CHANGE: Context = {"athena_cutoff_bytes": str(CUTOFF), "nightly_hour_utc": "3"}
ANOTHER = ["AWS::Glue::Trigger", "AWS::Glue::Trigger", "AWS::Glue::Workflow"]  # a night makes another workflow
CHANGED = sorted(["[~] AWS::Athena::WorkGroup", *(f"[{sign}] {kind}" for sign in "-+" for kind in ANOTHER)])
RENAMED: Context = {"database": "renamed"}  # synthesizes, and cannot be deployed
REFUSAL = "Database cannot be renamed"
TAKEN = "Database already exists"
DIFFERENCE = re.compile(r"^(\[[~+-]\]) (AWS::\S+|Custom::\S+)(?:.*( replace)$)?", re.MULTILINE)
DATA = ("raw/deploy-local", b"kept")  # an object in the lake


class Lifecycle:
    """Bootstrap once; then everything that happens to a deployment, as often as asked."""

    def __init__(self, cloud: Endpoint, cdk: Cdk, console: Console) -> None:
        self._cloud = cloud
        self._cdk = cdk
        self._console = console
        self._steps = Steps(console)
        self._empty: set[Found] = set()

    def run(self, cycles: int) -> None:
        """Raises UserError at the first step that does not end as it should."""
        with self._steps.step("bootstrap", "cdk bootstrap") as step:
            self._cdk.bootstrap()
            step.result = "the CDK's bucket and roles are there"
        self._empty = self._everything()
        for cycle in range(1, cycles + 1):
            began = time.monotonic()
            for name, doing, work in self._cycle():
                with self._steps.step(name, doing) as step:
                    try:
                        step.result = work()
                    except UserError as error:
                        raise UserError(f"cycle {cycle} of {cycles}, {name}: {error}") from error
            if cycles > 1:
                took = time.monotonic() - began
                self._console.print(f"Cycle {cycle} of {cycles} took {took:.1f} s.")

    def _cycle(self) -> tuple[tuple[str, str, Callable[[], str]], ...]:
        return (
            ("refusal", "cdk deploy --all, with a name taken", self.refused_create),
            ("deploy", "cdk deploy --all", self.deploy),
            ("diff", "cdk diff", self.no_difference),
            ("update", f"cdk deploy --all {_options(CHANGE)}", self.update),
            ("rollback", f"cdk deploy --all {_options(RENAMED)}", self.rollback),
            ("destroy", "cdk destroy --all", self.destroy),
            ("leftovers", "looking for what is left", self.nothing_left),
        )

    def refused_create(self) -> str:
        """A stack that cannot be made leaves nothing but its name, and says why."""
        glue: Any = self._cloud.client("glue")
        name = from_context({}).database
        glue.create_database(DatabaseInput={"Name": name})
        finished = self._cdk.run(*DEPLOY)
        glue.delete_database(Name=name)
        if finished.returncode == 0 or TAKEN not in finished.stdout:
            raise UserError(f"a database {name} was there, and cdk deploy did not say so:\n{finished.stdout}")
        if status := [
            stack["StackStatus"] for stack in self._stacks() if stack["StackStatus"] != "ROLLBACK_COMPLETE"
        ]:
            raise UserError(f"a stack that could not be made is {', '.join(status)}")
        self._nothing_but("stack")
        return "a database was in the way: rolled back, nothing left, the reason shown"

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
        """Changed settings show, and change, one resource in place and put another workflow in the place of one."""
        changed = sorted(differences(self._cdk("diff", context=CHANGE)))
        if changed != CHANGED:
            raise UserError(f"{_options(CHANGE)} should change {CHANGED}, cdk diff shows {changed or 'nothing'}")
        before = self._resources()
        self._cdk(*DEPLOY, context=CHANGE)
        after = self._resources()
        gone, new = (
            sorted(kind for _, _, kind in one.keys() - two.keys()) for one, two in ((before, after), (after, before))
        )
        moved = [kind for key, physical in before.items() if after.get(key, physical) != physical for kind in key[2:]]
        if gone != ANOTHER or new != ANOTHER or moved:
            raise UserError(
                f"{_options(CHANGE)}: {gone} went, {new} came, {moved} were replaced; {ANOTHER} were to go and come"
            )
        self._check_cutoff()
        return "a work group changed in place, a workflow gave way to another, nothing else"

    def rollback(self) -> str:
        """An update that cannot be made leaves every stack and the data as they were, and says why."""
        s3: Any = self._cloud.client("s3")
        bucket = outputs().lake_bucket
        key, body = DATA
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        before, resources = self._stacks(), self._resources()
        finished = self._cdk.run(*DEPLOY, context=RENAMED)
        if finished.returncode == 0 or REFUSAL not in finished.stdout:
            raise UserError(
                f"a database cannot be renamed, and cdk deploy {_options(RENAMED)} did not say so:\n{finished.stdout}"
            )
        after = {stack["StackName"]: stack for stack in self._stacks()}
        for stack in before:
            now = after[stack["StackName"]]
            if now["Outputs"] != stack["Outputs"] or not now["StackStatus"].endswith("_COMPLETE"):
                raise UserError(f"stack {stack['StackName']} is not as it was: {now['StackStatus']}")
        if self._resources() != resources:
            raise UserError("resources are not those from before the update")
        if s3.get_object(Bucket=bucket, Key=key)["Body"].read() != body:
            raise UserError(f"{bucket}/{key} is not what it was")
        self._check_cutoff()
        return "a database cannot be renamed: stacks and data as before, the reason shown"

    def destroy(self) -> str:
        """No stack is left."""
        self._cdk(*DESTROY, context=CHANGE)
        if left := [stack["StackName"] for stack in self._stacks()]:
            raise UserError(f"cdk destroy left the stacks {', '.join(left)}")
        return "no stack left"

    def nothing_left(self) -> str:
        """Every service lists what it listed before the first deployment."""
        self._nothing_but()
        return "every service lists what it listed before the first deployment"

    def _nothing_but(self, *kinds: str) -> None:
        left = [item for item in self._everything() ^ self._empty if item.kind not in kinds]
        if left:
            told = ", ".join(f"{item.service} {item.kind} {item.name}" for item in sorted(left))
            raise UserError(f"not as before the first deployment: {told}")

    def _everything(self) -> set[Found]:
        account = look(from_context({}), everyone=True)
        if account.refused:
            raise UserError("; ".join(account.refused))
        return set(account.found)

    def _check_cutoff(self) -> None:
        athena: Any = self._cloud.client("athena")
        group = athena.get_work_group(WorkGroup=outputs().work_group)["WorkGroup"]
        found = group["Configuration"]["BytesScannedCutoffPerQuery"]
        if found != CUTOFF:
            raise UserError(f"the work group's cutoff should be {CUTOFF} bytes, and is {found}")

    def _resources(self) -> dict[tuple[str, str, str], str]:
        """Physical ids by stack, logical id and type."""
        client: Any = self._cloud.client("cloudformation")
        pages = client.get_paginator("list_stack_resources").paginate
        return {
            (stack["StackName"], item["LogicalResourceId"], item["ResourceType"]): item["PhysicalResourceId"]
            for stack in self._stacks()
            for page in pages(StackName=stack["StackName"])
            for item in page["StackResourceSummaries"]
        }

    def _stacks(self) -> list[dict[str, Any]]:
        """The project's stacks, the CDK's own aside."""
        client: Any = self._cloud.client("cloudformation")
        found = [stack for page in client.get_paginator("describe_stacks").paginate() for stack in page["Stacks"]]
        return [stack for stack in found if stack["StackName"] != "CDKToolkit"]


def differences(printed: str) -> list[str]:
    """``[~] AWS::Athena::WorkGroup``, one for each resource that `cdk diff` shows as added, changed or gone.

    `` replace`` follows where the resource would be another one.
    """
    return ["".join((f"{kind} {name}", replace)) for kind, name, replace in DIFFERENCE.findall(printed)]


def _options(context: Context) -> str:
    return " ".join(f"-c {name}={value}" for name, value in context.items())
