"""What happens to a model in service: traffic, checks of it, an alarm, another training, a canary."""

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from cli.errors import UserError
from cli.lake.producer.objects import content, each, listed, s3_client
from cli.model import sagemaker
from cli.model.findings import Finding, newest
from cli.model.models import decide
from cli.model.requests import Traffic, send
from cli.model.rows import Row, asked_for
from cli.model.runtime import Runtime
from cli.model.traffic import CONCURRENCY, drive
from cli.waiting import until
from datasets.parts import Period
from stories.core import learning
from stories.core.seen import Canary
from stories.core.story import Story

ROWS = 1000
CAPTURED_SECONDS = 120
REACTION_SECONDS = 120  # until an event has had its effect
CANARY_SECONDS = 600
CANARY_RATE = 20  # requests a second while versions change
CHANGING = ("Updating", "RollingBack")
RETRAINING = "retrain-"  # begins the display name of what monitoring starts


@dataclass(frozen=True)
class Window:
    """Some traffic, and the time in which all of it, and nothing else, was captured."""

    of: Period
    start: datetime
    end: datetime

    @property
    def parameters(self) -> dict[str, str]:
        """Of the monitoring pipeline."""
        return {"WindowStart": self.start.isoformat(), "WindowEnd": self.end.isoformat()}


class Watch:
    """Sends traffic and has it checked."""

    def __init__(self, story: Story, seed: int) -> None:
        self.story = story
        self.seed = seed
        self.total = Traffic()
        self._s3 = s3_client()
        self._captured: dict[str, int] = {}

    def traffic(self, period: Period) -> Window:
        """Ask about rows of the days, and wait until every request has been captured."""
        names, asked = self.story.names, self.story.scenario.asked
        with self.story.steps.step(period.name, f"asking about {asked}: {period.label}", spinner=False) as step:
            rows = asked_for(names, period.first, period.last, ROWS, self.seed)
            start, before = next_second(), self.captured()
            outcome = self.story.seen.traffic[period.label] = Traffic()
            drive(outcome, names.endpoint, rows, self.story.console, transient=True)
            self.add(outcome)
            if outcome.interrupted:
                raise KeyboardInterrupt
            self.story.check(
                f"Every request is answered: {period.label}",
                not outcome.errors and outcome.answered == len(rows),
                f"{outcome.answered:,} of {len(rows):,}",
                f"not every request got an answer: {outcome.facts}",
            )
            until(
                lambda: self.captured() - before >= len(rows) or None,
                CAPTURED_SECONDS,
                lambda: f"{len(rows):,} requests were answered, {self.captured() - before:,} captured",
            )
            step.result = f"{len(rows):,} {asked} of {period.label}: p50 {outcome.milliseconds(50):.1f} ms, captured"
            self.story.check(f"Every request is captured: {period.label}", True, f"{len(rows):,} requests are in S3")
            return Window(period, start, next_second())

    def add(self, outcome: Traffic) -> None:
        """Count traffic in the facts."""
        self.total.waits += outcome.waits
        self.story.facts["endpoint"] |= {
            "invocations": self.total.answered,
            "p50_ms": self.total.facts["p50_ms"],
            "p99_ms": self.total.facts["p99_ms"],
        }

    def captured(self) -> int:
        """Requests in the captured files."""
        bucket = self.story.names.lake_bucket
        found = listed(self._s3, bucket, f"capture/{self.story.names.endpoint}/")
        new = [item for item in found if item.key not in self._captured]
        for item, lines in each(lambda item: content(self._s3, bucket, item.key).count(b"\n"), new):
            self._captured[item.key] = lines
        return sum(self._captured.values())

    def check(self, windows: list[Window]) -> None:
        """Hold every window against the baseline: only the last one may violate it, and must."""
        facts = self.story.facts["monitor"] = {}
        with self.story.steps.step("monitor", "checking the traffic against the baseline") as step:
            found = {window.of: self._judged(window) for window in windows}
            self.story.seen.findings = {period.label: findings for period, findings in found.items()}
            for period, findings in found.items():
                facts[f"{period.name}_violations"] = sum(len(finding.violations) for finding in findings)
            *quiet, loud = found
            counts = [f"{period.label} {facts[f'{period.name}_violations']}" for period in found]
            step.result = f"violations: {', '.join(counts)}"
            columns = sorted({item["feature"] for finding in found[loud] for item in finding.violations})
            facts["violated"] = columns
            silent = not any(facts[f"{period.name}_violations"] for period in quiet)
            self.story.check(
                f"The requests of {loud.label} violate the baseline, and those of no other period",
                silent and bool(columns),
                step.result,
                f"only {loud.label} should have violations, but: {step.result}",
            )

    def look(self, windows: list[Window]) -> None:
        """Hold every window against the baseline and show what is found, or why it could not be judged."""
        facts = self.story.facts["monitor"] = {}
        with self.story.steps.step("monitor", "checking the traffic against the baseline") as step:
            found = {window.of: self._check(window) for window in windows}
            self.story.seen.findings = {period.label: findings for period, findings in found.items()}
            told = []
            for period, findings in found.items():
                violations = [item for finding in findings for item in finding.violations]
                columns = facts["violated"] = sorted({item["feature"] for item in violations})
                facts[f"{period.name}_violations"] = len(violations)
                reasons = [f"not judged: {finding.unjudged}" for finding in findings if finding.unjudged is not None]
                said = ", ".join([f"{len(violations)} violations", *columns, *reasons[:1]])
                told.append(f"{period.label}: {said}")
            step.result = "; ".join(told)

    def _judged(self, window: Window) -> list[Finding]:
        found = self._check(window)
        for finding in found:
            if finding.unjudged is not None:
                raise UserError(f"the {finding.check} of {window.of.label} was not judged: {finding.unjudged}")
        return found

    def _check(self, window: Window) -> list[Finding]:
        names = self.story.names
        over = sagemaker.wait(sagemaker.start(names.monitoring_pipeline, window.parameters), lambda _: None)
        if over.status != "Succeeded":
            raise UserError(f"the check of {window.of.label} {over.status.lower()}: {over.why}")
        found = list(newest(self._s3, names.lake_bucket, names.endpoint).values())
        for finding in found:
            if finding.execution != over.id:
                raise UserError(f"the {finding.check} of {window.of.label} was not judged: {finding.folder} is older")
        if len(found) != 2:
            raise UserError(f"{window.of.label} was checked for {[finding.check for finding in found]} only")
        return found


def alarm(story: Story) -> None:
    """Wait for the alarm that the violations set off."""
    with story.steps.step("alarm", "waiting for the alarm") as step:
        cloudwatch, of_endpoint = boto3.client("cloudwatch"), {"Name": "Endpoint", "Value": story.names.endpoint}

        def ringing() -> list[str] | None:
            told = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
            return [item["AlarmName"] for item in told if of_endpoint in item.get("Dimensions", ())] or None

        found = until(ringing, REACTION_SECONDS, lambda: "the violations have set off no alarm")
        story.facts["monitor"]["alarm"] = ", ".join(found)
        step.result = f"in ALARM: {', '.join(found)}"
        story.check("The violations set off an alarm", bool(found), step.result)


def retrain(story: Story) -> dict[str, Any]:
    """The alarm has started one training; wait for its model, and return what it is worth."""
    pipeline = story.names.training_pipeline
    with story.steps.step("retrain", "training again on the newest days") as step:
        first = until(
            lambda: _retrainings(pipeline) or None,
            REACTION_SECONDS,
            lambda: f"the alarm has not started pipeline {pipeline}",
        )[0]
        story.facts["monitor"]["retrain_execution"] = first
        model = learning.metrics(story, learning.finished(story, "retraining", first))
        started = _retrainings(pipeline)
        story.check(
            "The alarm starts one training",
            started == [first],
            f"{len(started)} started",
            f"one alarm should start one training, but it started {len(started)}",
        )
        step.result = (
            f"one execution; version {model['version']}: AUC {model['auc_temporal']:.3f} on its last 14 days"
        )
        return model


def replace(story: Story, watch: Watch, model: dict[str, Any]) -> None:
    """Approve the new version, and keep asking about the newest days while it is brought in beside the old one."""
    names, canary = story.names, Canary()
    with story.steps.step("canary", "approving the new version, asking meanwhile") as step:
        newest_days = story.scenario.loud or story.scenario.quiet
        rows = asked_for(names, newest_days.first, newest_days.last, ROWS, watch.seed + 1)
        decide(names.model_package_group, model["version"], "Approved", "approved by the demo")
        with asking(names.endpoint, rows) as outcome:
            canary.traffic, story.seen.canary = outcome, canary
            until(
                lambda: _in(canary, names.endpoint, *CHANGING),
                REACTION_SECONDS,
                lambda: f"version {model['version']} is approved, but nothing deploys it",
            )
            told = until(
                lambda: _in(canary, names.endpoint, "InService"),
                CANARY_SECONDS,
                lambda: f"version {model['version']} is still being deployed: {learning.status(names.endpoint)}",
            )
        served = ", ".join(sorted({item["version"] for item in told["variants"]}))
        story.check(
            "The new version takes the place of the old one",
            served == str(model["version"]),
            f"version {served} serves",
            f"version {model['version']} was rolled back, {served} serves: {told['reason']}",
        )
        watch.add(outcome)
        story.seen.traffic["canary"] = outcome
        story.check(
            "Every request is answered while the versions change",
            not outcome.errors and outcome.answered > 0,
            f"{outcome.answered:,} answered, {outcome.errors.total():,} not",
            f"requests failed while the versions changed: {outcome.facts}",
        )
        story.facts["endpoint"] |= {"status": told["status"], "version": model["version"]}
        story.facts["model"]["retrained"] = model
        step.result = f"version {model['version']} serves; {outcome.answered:,} requests meanwhile, all answered"


@contextlib.contextmanager
def asking(endpoint: str, rows: list[Row]) -> Iterator[Traffic]:
    """Ask about the rows, some a second, while the block runs."""
    outcome, stop, runtime = Traffic(), threading.Event(), Runtime(endpoint, CONCURRENCY)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(
            send,
            outcome,
            lambda row: runtime.ask(row.body, row.key),
            rows,
            concurrency=CONCURRENCY,
            rate=CANARY_RATE,
            stop=stop,
        )
        try:
            yield outcome
        finally:
            stop.set()
        done.result()


def next_second() -> datetime:
    """Wait for the next whole second, and return it: S3 tells in whole seconds when a file was written."""
    time.sleep(1 - time.time() % 1)
    return datetime.now(UTC).replace(microsecond=0)


def _retrainings(pipeline: str) -> list[str]:
    """Executions that monitoring has started, the newest first."""
    with sagemaker.refusals() as client:
        pages = client.get_paginator("list_pipeline_executions").paginate(PipelineName=pipeline)
        return [
            item["PipelineExecutionArn"]
            for page in pages
            for item in page["PipelineExecutionSummaries"]
            if item.get("PipelineExecutionDisplayName", "").startswith(RETRAINING)
        ]


def _in(canary: Canary, endpoint: str, *statuses: str) -> dict[str, Any] | None:
    """The endpoint when it is in one of the statuses."""
    told = learning.status(endpoint)
    canary.look(told)
    return told if told is not None and told["status"] in statuses else None
