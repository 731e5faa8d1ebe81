"""What all stories share: the cloud they play in, their steps, what had to be true, and what they leave behind.

A story is told inside `Story.told`, which leaves ``summary.json`` (for a program) and ``report.html`` (for people) in
its folder, also when it fails.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from cli.cloud.iam import record
from cli.cloud.local import Endpoint, finish_synth, local_cloud, start_synth
from cli.console import Console, json_text
from cli.deployment import Outputs, outputs
from cli.errors import UserError
from cli.progress import deploy_with_progress
from cli.steps import Steps
from localcloud.processes.files import copy_whole, write_whole
from localcloud.processes.folders import lock_folder
from stories.report.page import Bar, Bars, Check, Report, Section, duration, render

SUMMARY, REPORT = "summary.json", "report.html"
NOTE = (
    "with the local cloud, on one machine: durations and latencies are this machine's, not AWS's, and the waits of "
    "the cloud, such as baking periods, are shortened."
)


class Story:
    """A story that is being told.

    What one adds of its own: its steps, inside `told` and `cloud`, with a `check` wherever something must be true; and
    `report`, which takes this one's and replaces what it knows better (tiles, drawing, sections).

    Attributes:
        title: what the report is headed with.
        settings: of the stacks, beside their defaults.
        facts: what goes to ``summary.json``.
        checks: what had to be true so far.
    """

    def __init__(self, console: Console, out: Path, title: str, settings: Mapping[str, str]) -> None:
        self.console = console
        self.out = out
        self.title = title
        self.settings = dict(settings)
        self.assembly = out / "cdk.out"
        self.steps = Steps(console)
        self.facts: dict[str, Any] = {}
        self.checks: list[Check] = []

    def check(self, must: str, passed: bool, seen: str, complaint: str = "") -> None:
        """Keep what had to be true. Raises UserError, with the complaint, if it is not."""
        self.checks.append(Check(must, seen, passed))
        if not passed:
            raise UserError(complaint or f"{must}, but: {seen}")

    def report(self) -> Report:
        """What is known of every story."""
        seconds = self.steps.seconds
        failure = f"Step {self.steps.failed}: {self.facts['error']}" if "error" in self.facts else ""
        steps = [
            Bar(f"{name}: {text}", seconds[name], duration(seconds[name]))
            for name, text in self.steps.results.items()
        ]
        return Report(
            title=self.title,
            result=f"{len(seconds)} steps in {sum(seconds.values()):.0f} s, {len(self.checks)} checks.",
            failure=failure,
            tiles=(),
            drawing=None,
            checks=self.checks,
            sections=[
                Section(
                    "Steps",
                    "What was done, and how long it took.",
                    [Bars("Time of each step", ("Step, and what came of it", "Time"), steps, whole=True)],
                )
            ],
            notes=[f"Told on {datetime.now(UTC):%d %B %Y at %H:%M} UTC {NOTE}"],
        )

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Leave the facts and the report, also those of a story that fails; of one that is interrupted only the facts.

        Raises UserError beside another story in the same folder.
        """
        summary, page = self.out / SUMMARY, self.out / REPORT
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            lock = lock_folder(self.out)
            if lock is None:
                raise UserError(f"another `mlref demo` writes to {self.out}: wait, or give this one its own --out")
            summary.unlink(missing_ok=True)
            page.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"--out {self.out}: {error.strerror}") from error
        try:
            yield
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            self.facts["error"] = str(error) or ("interrupted" if interrupted else type(error).__name__)
            self._leave(summary, None if interrupted else page)
            raise
        else:
            self._leave(summary, page)
        finally:
            os.close(lock)

    def _leave(self, summary: Path, page: Path | None) -> None:
        """Write both; without a page, whoever waits has no time for one."""
        facts = {**self.facts, "timings": self.steps.seconds}
        write_whole(summary, json_text(facts, indent=2) + "\n")
        if page is None:
            return
        with self.console.status("writing the report"):
            write_whole(page, render(self.report()))
        how, seconds = "Failed" if "error" in facts else "Done", sum(self.steps.seconds.values())
        self.console.print(f"\n{how} in {seconds:.0f} s. The facts: {summary}", soft_wrap=True)
        self.console.print(f"The report: {page}", soft_wrap=True)

    @contextlib.contextmanager
    def cloud(self, *, enforce: bool) -> Iterator[Endpoint]:
        """A local cloud, which every AWS client of this process talks to, and the templates for it."""
        with contextlib.ExitStack() as stack:
            made = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="synth-")))
            synth = start_synth(made, self.settings)  # on the other core, while the cloud starts
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

    def record(self) -> None:
        """Leave who called what, for `mlref iam report`."""
        write_whole(self.out / "iam.json", json_text(record()))
