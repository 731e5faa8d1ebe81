"""What every part of the story shares: the cloud it plays in, its steps, and the facts they leave."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from cli.cloud.iam import record
from cli.cloud.local import Endpoint, finish_synth, local_cloud, start_synth
from cli.console import Console, json_text
from cli.deployment import Outputs, outputs
from cli.errors import UserError
from cli.lake.producer.accounting import Accountant
from cli.progress import deploy_with_progress
from cli.steps import Steps
from contracts import load
from datasets.parts import scenario
from localcloud.processes.files import copy_whole, write_whole
from localcloud.processes.folders import lock_folder

SUMMARY = "summary.json"
# Of one instance, the default, there is no canary. It waits twice so long, by default 10 minutes.
SETTINGS = {"endpoint_instances": "2", "canary_minutes": "5"}


class Story:
    """The steps so far.

    Attributes:
        dataset: whose events, rows and models it tells of.
        facts: what goes to ``summary.json``.
    """

    def __init__(self, console: Console, out: Path, dataset: str) -> None:
        self.console = console
        self.dataset, self.scenario = dataset, scenario(dataset)
        self.out = out
        self.assembly = out / "cdk.out"
        self.steps = Steps(console)
        self.facts: dict[str, Any] = {}

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Leave the facts in summary.json, also those of a story that fails. Raises UserError beside another one."""
        summary = self.out / SUMMARY
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            lock = lock_folder(self.out)
            if lock is None:
                raise UserError(f"another `mlref demo` writes to {self.out}: wait, or give this one its own --out")
            summary.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"--out {self.out}: {error.strerror}") from error
        try:
            yield
        except (KeyboardInterrupt, UserError) as error:
            self.facts["error"] = str(error) or "interrupted"
            raise
        finally:
            facts = {**self.facts, "timings": self.steps.seconds}
            write_whole(summary, json_text(facts, indent=2) + "\n")
            os.close(lock)

    @contextlib.contextmanager
    def cloud(self, *, enforce: bool) -> Iterator[Endpoint]:
        """A local cloud, which every AWS client of this process talks to, and the templates for it."""
        with contextlib.ExitStack() as stack:
            made = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="synth-")))
            synth = start_synth(
                made, {**SETTINGS, "dataset": self.dataset}
            )  # on the other core, while the cloud starts
            try:
                with self.steps.step("start", "starting the local cloud") as step:
                    endpoint = stack.enter_context(local_cloud(enforce=enforce))
                    os.environ.update(endpoint.environment)
                    step.result = f"local cloud at {endpoint.endpoint}"
                with self.steps.step("synth", "synthesizing the stacks: python app.py") as step:
                    finish_synth(synth)
                    copy_whole(made, self.assembly)
                    step.result = "templates and assets, as cdk deploy would send them"
                yield endpoint
            finally:
                synth.kill()
                synth.wait()

    def deploy(self, endpoint: Endpoint) -> None:
        """Through CloudFormation, in the order of the dependencies."""
        with self.steps.step("deploy", "deploying the stacks", spinner=False) as step:
            deployed = deploy_with_progress(self.assembly, endpoint, self.console, transient=True)
            stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
            self.facts["stacks"] = {item["StackName"]: item["StackStatus"] for item in stacks}
            step.result = ", ".join(name.partition("-")[2] for name in deployed)

    @cached_property
    def names(self) -> Outputs:
        """Of what was deployed."""
        return outputs()

    @cached_property
    def accountant(self) -> Accountant:
        """Of the lake; what it has read once it knows."""
        return Accountant(self.names.lake_bucket, load(self.dataset).events)

    def record(self) -> None:
        """Leave who called what, for `mlref iam report`."""
        write_whole(self.out / "iam.json", json_text(record()))

    def end(self) -> None:
        seconds = sum(self.steps.seconds.values())
        self.console.print(f"\nDone in {seconds:.0f} s. The facts: {self.out / SUMMARY}")
