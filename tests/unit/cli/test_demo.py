"""The demo is no false green: whatever comes out otherwise than it should ends it with a sentence."""

import contextlib
import dataclasses
import io
import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from cli import waiting
from cli.console import Console
from cli.demo import Part, demo
from cli.errors import UserError
from cli.lake.producer.accounting import Account
from cli.lake.producer.history import Loaded
from cli.model import sagemaker
from cli.model.findings import Finding
from cli.model.requests import Traffic
from cli.model.rows import Row
from cli.model.runtime import Answer
from cli.model.sagemaker import Execution, Step
from datasets.parts import Period
from stories.core import data, learning, ml, watching
from stories.core.story import Story
from stories.core.watching import Watch, Window

WINDOWS = {
    name: Window(
        Period(name, name.title(), date(2013, 3, 18), date(2013, 3, 18)),
        datetime(2026, 11, 21, hour, tzinfo=UTC),
        datetime(2026, 11, 21, hour + 1, tzinfo=UTC),
    )
    for hour, name in enumerate(("control", "april", "july"))
}
MARCH = Period("control", "March", date(2013, 3, 18), date(2013, 3, 18))
VIOLATION = {"feature": "temp", "check": "baseline_drift_check", "description": "far"}
ARN = "arn:aws:sagemaker:us-east-1:123456789012"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A story whose deployment has names only."""
    names = SimpleNamespace(
        lake_bucket="lake",
        endpoint="flights",
        monitoring_pipeline="monitoring",
        training_pipeline="training",
        model_package_group="models",
        event_stream="events",
    )
    found = Story(Console(file=io.StringIO(), width=200), tmp_path, "flights")
    monkeypatch.setattr(found, "names", names)
    found.facts = {"events": {"history": {"read": 0, "loaded": 0, "refused": 0}}, "endpoint": {}, "model": {}}
    monkeypatch.setattr(watching, "s3_client", lambda: None)
    monkeypatch.setattr(watching, "next_second", lambda: datetime(2026, 11, 21, tzinfo=UTC))
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.001)
    for name in ("CAPTURED_SECONDS", "REACTION_SECONDS", "CANARY_SECONDS"):
        monkeypatch.setattr(watching, name, 0.05)
    return found


def line(told: Story) -> str:
    """The last line on the screen."""
    assert isinstance(told.console.file, io.StringIO)
    return told.console.file.getvalue().splitlines()[-1]


@pytest.mark.parametrize(
    ("until", "parts"), [(Part.QUERIES, ["data", "answers"]), (Part.MODEL, ["data", "train", "serve", "answers"])]
)
def test_it_ends_where_it_is_asked_to(
    until: Part, parts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tests/e2e runs all of it."""
    played: list[str] = []
    monkeypatch.setattr(Story, "cloud", lambda *_, **__: contextlib.nullcontext())
    for name in ("deploy", "record"):
        monkeypatch.setattr(Story, name, lambda *_: None)
    for module, name, part in (
        (data, "tell", "data"),
        (data, "show", "answers"),
        (learning, "train", "train"),
        (learning, "serve", "serve"),
        (watching, "Watch", "watch"),
    ):
        monkeypatch.setattr(module, name, lambda *_, part=part: played.append(part))
    demo(until=until, out=tmp_path)
    assert played == parts
    assert json.loads((tmp_path / "summary.json").read_text("utf-8")) == {"timings": {}}


class TestHistory:
    @pytest.fixture
    def loads(self, told: Story, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
        """One record of each month is refused; S3 has as many rows as ``in_s3`` says."""
        lake = {"in_s3": 18}

        def load(
            bucket: str, dataset: str, months: list[int], console: Any, done: dict[int, Loaded], **_: Any
        ) -> None:
            done.update({month: Loaded(10, 9, 2, 100, Counter(bad=1)) for month in months})

        monkeypatch.setattr(data, "load_months", load)
        accountant = SimpleNamespace(count=lambda: Account(0, 0, 0, 0, lake["in_s3"]))
        monkeypatch.setattr(told, "accountant", accountant)
        return lake

    @pytest.mark.usefixtures("loads")
    def test_what_was_loaded_is_counted_in_s3(self, told: Story) -> None:
        data.history(told, "history", [2, 3])
        assert told.facts["events"]["history"] == {"read": 20, "loaded": 18, "refused": 2}
        assert "months 2, 3 past the stream: 18 events in 4 files" in line(told)

    def test_a_row_that_is_not_in_s3_ends_it(self, told: Story, loads: dict[str, int]) -> None:
        loads["in_s3"] = 17
        with pytest.raises(UserError, match="20 events were read for history, but in S3 are 17"):
            data.history(told, "history", [2, 3])
        assert "✗" in line(told)


class TestPipeline:
    def execution(self, status: str = "Succeeded") -> Execution:
        steps = (
            Step("Train", "Succeeded", 1.2345, f"{ARN}:training-job/x", ""),
            Step(
                "Register", status, 0.1, f"{ARN}:model-package/models/3", "" if status == "Succeeded" else "too low"
            ),
        )
        return Execution(f"{ARN}:pipeline/training/execution/abc", status, "", steps)

    def test_steps_are_facts_also_of_a_failure(self, told: Story, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sagemaker, "wait", lambda *_: self.execution("Failed"))
        with pytest.raises(UserError, match="execution abc failed: Register: too low"):
            learning.finished(told, "pipeline", "arn")
        assert told.facts["pipeline"] == {
            "status": "Failed",
            "steps": {
                "Train": {"status": "Succeeded", "seconds": 1.234},
                "Register": {"status": "Failed", "seconds": 0.1},
            },
        }

    def test_an_execution_without_a_model_ends_it(self, told: Story) -> None:
        with pytest.raises(UserError, match="has registered no model"):
            learning.metrics(told, Execution("x/abc", "Succeeded", "", ()))

    def test_a_failed_endpoint_is_told_with_its_reason(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(learning, "describe", lambda _: {"status": "Failed", "reason": "no such image"})
        with pytest.raises(UserError, match="endpoint flights has failed: no such image"):
            learning.status("flights")


class TestTraffic:
    @pytest.fixture
    def answers(self, told: Story, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
        """How many of ten requests are answered, and how many captured then."""
        counts = {"answered": 10, "captured": 10}
        captured = iter([3])
        monkeypatch.setattr(watching, "asked_for", lambda *_: [Row(str(n), {}) for n in range(10)])
        monkeypatch.setattr(Watch, "captured", lambda _: next(captured, 3 + counts["captured"]))

        def drive(outcome: Traffic, *_: Any, **__: Any) -> None:
            for _request in range(counts["answered"]):
                outcome.add(Answer([{"probability": 0.5}], "Champion", 0.001, 0))
            outcome.errors.update(["refused"] * (10 - counts["answered"]))

        monkeypatch.setattr(watching, "drive", drive)
        return counts

    @pytest.mark.usefixtures("answers")
    def test_answered_and_captured_is_a_window(self, told: Story) -> None:
        window = Watch(told, 7).traffic(MARCH)
        assert window.of == MARCH
        assert told.facts["endpoint"] == {"invocations": 10, "p50_ms": 1.0, "p99_ms": 1.0}
        assert "10 departures of March" in line(told)

    def test_a_request_without_answer_ends_it(self, told: Story, answers: dict[str, int]) -> None:
        answers["answered"] = 9
        with pytest.raises(UserError, match=r"not every request got an answer: .*'refused': 1"):
            Watch(told, 7).traffic(MARCH)

    def test_a_request_that_is_not_captured_ends_it(self, told: Story, answers: dict[str, int]) -> None:
        answers["captured"] = 9
        with pytest.raises(UserError, match="10 requests were answered, 9 captured"):
            Watch(told, 7).traffic(MARCH)


class TestCheck:
    @pytest.fixture
    def found(self, told: Story, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """What the checks of each window find: violations of the data, of the quality, and whether they judged."""
        outcome: dict[str, Any] = {"control": (0, 0, True), "april": (0, 0, True), "july": (2, 1, True)}
        starts = [window.parameters["WindowStart"] for window in WINDOWS.values()]
        running: list[str] = []

        def start(pipeline: str, parameters: dict[str, str]) -> str:
            assert pipeline == "monitoring"
            running.append(list(WINDOWS)[starts.index(parameters["WindowStart"])])
            return f"x/{running[-1]}"

        def newest(*_: Any) -> dict[str, Finding]:
            *counts, judged = outcome[running[-1]]
            report = {"judged": judged, "minimum_rows": 300, "merged": 5}
            return {
                check: Finding(
                    check, f"s3://lake/{outcome.get('run', running[-1])}/", "", 5, [VIOLATION] * count, report
                )
                for check, count in zip(outcome.get("checks", ("data", "quality")), counts, strict=False)
            }

        monkeypatch.setattr(sagemaker, "start", start)
        monkeypatch.setattr(
            sagemaker, "wait", lambda arn, _: Execution(arn, outcome.get("status", "Succeeded"), "", ())
        )
        monkeypatch.setattr(watching, "newest", newest)
        return outcome

    @pytest.mark.usefixtures("found")
    def test_violations_of_july_alone_are_as_it_should_be(self, told: Story) -> None:
        Watch(told, 7).check(list(WINDOWS.values()))
        assert told.facts["monitor"] == {
            "control_violations": 0,
            "april_violations": 0,
            "july_violations": 3,
            "violated": ["temp"],
        }
        assert "violations: Control 0, April 0, July 3" in line(told)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"july": (0, 0, True)}, "only July should have violations, but: violations: Control 0, April 0, July 0"),
            ({"control": (1, 0, True)}, "only July should have violations, but: violations: Control 1, April 0"),
            ({"april": (0, 1, True)}, "only July should have violations"),
            ({"control": (0, 0, False)}, "the data of Control was not judged: 5 captured rows, and 300 are needed"),
            ({"run": "earlier"}, "the data of Control was not judged"),
            ({"checks": ("data",)}, r"Control was checked for \['data'\] only"),
            ({"status": "Failed"}, "the check of Control failed"),
        ],
    )
    def test_anything_else_ends_it(
        self, told: Story, found: dict[str, Any], change: dict[str, Any], reason: str
    ) -> None:
        found.update(change)
        with pytest.raises(UserError, match=reason):
            Watch(told, 7).check(list(WINDOWS.values()))

    def test_what_nobody_expects_is_shown_and_ends_nothing(self, told: Story, found: dict[str, Any]) -> None:
        found["control"] = (0, 0, False)
        Watch(told, 7).look(list(WINDOWS.values()))
        counts = {"control_violations": 0, "april_violations": 0, "july_violations": 3}
        assert told.facts["monitor"] == {**counts, "violated": ["temp"]}
        assert list(told.seen.findings) == ["Control", "April", "July"]
        shown = "Control: 0 violations, not judged: 5 captured rows, and 300 are needed; April: 0 violations; July: 3"
        assert shown in line(told)


@pytest.mark.parametrize("loud", [None, MARCH])
def test_without_days_that_are_known_to_differ_the_story_ends_with_the_checks(
    loud: Period | None, told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    told.scenario = dataclasses.replace(told.scenario, loud=loud)
    for module, name in (
        *((learning, "train"), (learning, "serve"), (data, "history"), (data, "catalogue"), (data, "curate")),
        *((watching, "alarm"), (watching, "retrain"), (watching, "replace")),
    ):
        monkeypatch.setattr(module, name, lambda *_, name=name: done.append(name))
    monkeypatch.setattr(Watch, "traffic", lambda _, period: done.append(period.name))
    for name in ("look", "check"):
        monkeypatch.setattr(Watch, name, lambda *_, name=name: done.append(name))
    ml.tell(told, [1], 7, whole=True)
    ends = ["look"] if loud is None else ["control", "check", "alarm", "retrain", "replace"]
    assert done == ["train", "serve", "control", "history", "catalogue", "curate", "april", *ends]


class TestRetraining:
    @pytest.fixture
    def executions(self, told: Story, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        told.facts["monitor"] = {}
        started = ["x/first"]
        monkeypatch.setattr(watching, "_retrainings", lambda _: list(started))
        monkeypatch.setattr(learning, "finished", lambda *_: None)
        monkeypatch.setattr(learning, "metrics", lambda *_: {"version": 2, "auc_temporal": 0.73})
        return started

    @pytest.mark.usefixtures("executions")
    def test_one_training_is_what_an_alarm_starts(self, told: Story) -> None:
        assert watching.retrain(told) == {"version": 2, "auc_temporal": 0.73}
        assert told.facts["monitor"] == {"retrain_execution": "x/first"}
        assert "version 2: AUC 0.730" in line(told)

    def test_none_or_two_end_it(self, told: Story, executions: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(learning, "finished", lambda *_: executions.insert(0, "x/second"))
        with pytest.raises(UserError, match="one alarm should start one training, but it started 2"):
            watching.retrain(told)
        executions.clear()
        with pytest.raises(UserError, match="the alarm has not started pipeline training"):
            watching.retrain(told)

    def test_silence_is_no_alarm(self, told: Story, monkeypatch: pytest.MonkeyPatch) -> None:
        other = {"AlarmName": "other", "Dimensions": [{"Name": "EndpointName", "Value": "flights"}]}
        client = SimpleNamespace(describe_alarms=lambda **_: {"MetricAlarms": [other, {"AlarmName": "composite"}]})
        monkeypatch.setattr(boto3, "client", lambda _: client)
        with pytest.raises(UserError, match="the violations have set off no alarm"):
            watching.alarm(told)


class TestReplacement:
    @pytest.fixture
    def endpoint(self, told: Story, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """The statuses that the endpoint goes through, the version that serves then, and what a request gets."""
        course: dict[str, Any] = {"statuses": ["InService", "Updating", "InService"], "version": "2", "asks": 5}

        def status(_: str) -> dict[str, Any]:
            statuses = course["statuses"]
            now = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            return {
                "status": now,
                "deploying": "",
                "reason": "an alarm",
                "variants": [{"version": course["version"]}],
            }

        def send(outcome: Traffic, ask: Any, rows: Any, *, stop: Any, **_: Any) -> None:
            stop.wait(10)
            for _request in range(course["asks"]):
                outcome.add(Answer([{"probability": 0.5}], "Champion", 0.001, 0))
            outcome.errors.update(course.get("errors", ()))
            if "gone" in course:
                raise UserError("there is no endpoint")

        monkeypatch.setattr(learning, "status", status)
        monkeypatch.setattr(watching, "send", send)
        monkeypatch.setattr(watching, "Runtime", lambda *_: None)
        monkeypatch.setattr(watching, "asked_for", lambda *_: [])
        monkeypatch.setattr(watching, "decide", lambda *_: None)
        return course

    @pytest.mark.usefixtures("endpoint")
    def test_the_new_version_serves_and_nobody_waited_in_vain(self, told: Story) -> None:
        watching.replace(told, Watch(told, 7), {"version": 2})
        assert told.facts["endpoint"] == {
            "invocations": 5,
            "p50_ms": 1.0,
            "p99_ms": 1.0,
            "status": "InService",
            "version": 2,
        }
        assert told.facts["model"] == {"retrained": {"version": 2}}
        assert "version 2 serves; 5 requests meanwhile, all answered" in line(told)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"version": "1"}, "version 2 was rolled back, 1 serves: an alarm"),
            ({"statuses": ["InService"]}, "version 2 is approved, but nothing deploys it"),
            ({"statuses": ["Updating"]}, "version 2 is still being deployed"),
            ({"errors": ["KeyError"]}, "requests failed while the versions changed: .*KeyError"),
            ({"asks": 0}, "requests failed while the versions changed"),
            ({"gone": True}, "there is no endpoint"),
        ],
    )
    def test_anything_else_ends_it(
        self, told: Story, endpoint: dict[str, Any], change: dict[str, Any], reason: str
    ) -> None:
        endpoint.update(change)
        with pytest.raises(UserError, match=reason):
            watching.replace(told, Watch(told, 7), {"version": 2})


def test_the_facts_are_written_with_the_seconds_of_every_step(told: Story) -> None:
    with told.told(), told.steps.step("one", "doing"):
        pass
    written = facts(told)
    assert list(written["timings"]) == ["one"]
    assert "events" in written
    assert "error" not in written


@pytest.mark.parametrize(
    ("error", "reason"),
    [(UserError("a step came out otherwise"), "a step came out otherwise"), (KeyboardInterrupt(), "interrupted")],
)
def test_facts_of_a_story_that_ends_early_say_why(told: Story, error: BaseException, reason: str) -> None:
    with pytest.raises(type(error)), told.told():
        raise error
    assert facts(told)["error"] == reason


def test_a_story_that_fails_leaves_its_report_with_the_step_and_the_reason(told: Story) -> None:
    told.check("no event is lost", True, "0 lost")
    with pytest.raises(UserError), told.told(), told.steps.step("replay", "replaying"):
        told.check("<all> are delivered", False, "1 is not", "1 of 2 events is not delivered")
    page = (told.out / "report.html").read_text("utf-8")
    assert "Step replay: 1 of 2 events is not delivered" in page
    assert page.count("✓ passed") == page.count("✗ failed") == 1
    assert "&lt;all&gt; are delivered" in page
    assert f"The report: {told.out / 'report.html'}" in line(told)


def test_whoever_interrupts_a_story_does_not_wait_for_a_report(told: Story) -> None:
    with pytest.raises(KeyboardInterrupt), told.told():
        raise KeyboardInterrupt
    assert not (told.out / "report.html").exists()


def test_a_fault_of_our_own_is_no_success_in_the_facts(told: Story) -> None:
    with pytest.raises(LookupError), told.told(), told.steps.step("one", "doing"):
        raise LookupError
    assert facts(told)["error"] == "LookupError"
    assert "Step one: LookupError" in (told.out / "report.html").read_text("utf-8")


def test_what_the_last_story_left_is_gone_when_one_begins(told: Story) -> None:
    with told.told():
        pass
    assert (told.out / "report.html").exists()
    with told.told():
        assert not (told.out / "summary.json").exists(), "a killed one has none"
        assert not (told.out / "report.html").exists()


def test_two_stories_at_once_do_not_write_to_one_folder(told: Story) -> None:
    with (
        told.told(),
        pytest.raises(UserError, match=r"another `mlref demo` writes to .*: wait, or give this one its own --out"),
        told.told(),
    ):
        pass
    assert "error" not in facts(told), "of the first"


def test_a_folder_that_cannot_be_is_one_sentence(told: Story, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told.out = tmp_path / "file" / "out"
    with pytest.raises(UserError, match=r"--out .*/file/out: Not a directory"), told.told():
        pass


def facts(story: Story) -> Any:
    return json.loads((story.out / "summary.json").read_text("utf-8"))
