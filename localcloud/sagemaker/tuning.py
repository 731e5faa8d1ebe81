"""Hyperparameter tuning: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning.html.

Training jobs one after the other, each a job like any other; jobs without a prospect are stopped
(https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-early-stopping.html).
"""

import statistics
import threading
import time
from typing import Any

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker import training
from localcloud.sagemaker.engine import SageMakerEngine
from localcloud.sagemaker.job import TRAINING, Job, jobs
from localcloud.sagemaker.job_run import announce
from localcloud.sagemaker.search import Search, invalid, ranges
from localcloud.sagemaker.training import TrainingRun
from localcloud.unsupported import NotImplementedLocallyError

_STRATEGIES = ("Bayesian", "Random")
OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"


def check(request: dict[str, Any]) -> None:
    """Refuse what no local job does, and an objective that no log line can give."""

    def refuse(what: str) -> NotImplementedLocallyError:
        return NotImplementedLocallyError("sagemaker", f"CreateHyperParameterTuningJob with {what}")

    config = request["HyperParameterTuningJobConfig"]
    if config["Strategy"] not in _STRATEGIES:
        raise refuse(f"strategy {config['Strategy']}")
    for member in ("TrainingJobDefinitions", "WarmStartConfig", "Autotune"):
        if request.get(member):
            raise refuse(member)
    if wrong := invalid(config.get("ParameterRanges") or {}):
        raise ValidationError(f"ParameterRanges: {wrong}.")
    definition = request.get("TrainingJobDefinition")
    if definition is None:
        raise ValidationError("Either TrainingJobDefinition or TrainingJobDefinitions is required.")
    training.check(_training_request(request, "check", {}), definition.get("StaticHyperParameters") or {})
    metric = config["HyperParameterTuningJobObjective"]["MetricName"]
    known = [item["Name"] for item in definition["AlgorithmSpecification"].get("MetricDefinitions") or ()]
    if metric not in known:
        raise ValidationError(
            f"The objective metric for the hyperparameter tuning job, [{metric}], isn't valid: it is not among the "
            f"metric definitions {known}."
        )


def _training_request(request: dict[str, Any], name: str, tuned: dict[str, str]) -> dict[str, Any]:
    definition = dict(request["TrainingJobDefinition"])
    static = definition.pop("StaticHyperParameters", None) or {}
    definition.pop("DefinitionName", None)
    return {**definition, "TrainingJobName": name, "HyperParameters": {**static, **tuned}}


def summaries(job: Job) -> list[dict[str, Any]]:
    """HyperParameterTrainingJobSummary of each training job of a tuning job, oldest first."""
    metric = job.request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    found = []
    for trained in list(jobs(job.backend, TRAINING).values()):
        if trained.more.get("TuningJobArn") != job.arn:
            continue
        told = trained.describe()
        members = (
            *("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime"),
            *("TrainingJobStatus", "FailureReason"),
        )
        summary = {name: told[name] for name in members if name in told}
        summary["TunedHyperParameters"] = trained.more["TunedHyperParameters"]
        for value in told.get("FinalMetricDataList", ()):
            if value["MetricName"] == metric["MetricName"]:
                summary[OBJECTIVE] = {**metric, "Value": value["Value"]}
        over = trained.ended is not None
        summary["ObjectiveStatus"] = "Succeeded" if OBJECTIVE in summary else "Failed" if over else "Pending"
        found.append(summary)
    return found


def counters(found: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Members of the description: how many of the ``summaries`` are in which state."""
    states = [item["TrainingJobStatus"] for item in found]
    outcomes = [item["ObjectiveStatus"] for item in found]
    return {
        "TrainingJobStatusCounters": {
            "Completed": states.count("Completed"),
            "InProgress": states.count("InProgress"),
            "RetryableError": 0,
            "NonRetryableError": states.count("Failed"),
            "Stopped": states.count("Stopped"),
        },
        "ObjectiveStatusCounters": {name: outcomes.count(name) for name in ("Succeeded", "Pending", "Failed")},
    }


class Watched(TrainingRun):
    """A training job whose objective is watched while it runs."""

    def __init__(self, *of: Any, metric: str, hopeless: Any) -> None:
        self._metric, self._hopeless = metric, hopeless
        self.values: list[float] = []
        self.on_metric = self._heard
        super().__init__(*of)

    def _heard(self, name: str, value: float) -> None:
        if name == self._metric:
            self.values.append(value)
            if self._hopeless is not None and self._hopeless(self.values):
                self.job.stop()


class TuningRun:
    """Work of one tuning job."""

    def __init__(self, engine: SageMakerEngine, job: Job, ended: threading.Event) -> None:
        self.engine, self.job, self.ended = engine, job, ended
        self.config = job.request["HyperParameterTuningJobConfig"]
        objective = self.config["HyperParameterTuningJobObjective"]
        self.metric = objective["MetricName"]
        self.sign = 1 if objective["Type"] == "Maximize" else -1
        self.curves: list[list[float]] = []  # the objective of each job that ran to its end, step by step

    def run(self) -> None:
        """Do everything; the job is in a final state when this returns."""
        job, began = self.job, time.monotonic()
        limits = self.config["ResourceLimits"]
        search = Search(
            ranges(self.config.get("ParameterRanges") or {}),
            self.config["Strategy"],
            self.config.get("RandomSeed", 0),
        )
        deadline = began + limits.get("MaxRuntimeInSeconds", float("inf"))
        for number in range(1, limits.get("MaxNumberOfTrainingJobs", 1) + 1):
            if job.stopping.is_set() or self.ended.is_set() or time.monotonic() > deadline or self._reached():
                break
            point, tuned = search.propose()
            run = self._train(number, tuned)
            if run.values:
                search.learn(point, self.sign * run.values[-1])
                if run.job.status == "Completed":
                    self.curves.append(run.values)
            job.more |= counters(summaries(job))
        if not self.ended.is_set():
            self._conclude(began)
        job.done.set()

    def _train(self, number: int, tuned: dict[str, str]) -> Watched:
        # SageMaker's names: tuning job, number, random, https://docs.aws.amazon.com/sagemaker/latest/dg/
        # automatic-model-tuning-ex-tuning-job.html
        name = f"{self.job.name}-{number:03d}-{mock_random.get_random_hex(8)}"
        trained = Job(TRAINING, _training_request(self.job.request, name, tuned), self.job.backend)
        trained.more |= {"TuningJobArn": self.job.arn, "TunedHyperParameters": tuned}
        with self.engine.lock:
            jobs(self.job.backend, TRAINING)[name] = trained
        early = self.config.get("TrainingJobEarlyStoppingType") == "Auto"
        run = Watched(
            self.engine, trained, self.ended, metric=self.metric, hopeless=self._hopeless if early else None
        )
        over = threading.Event()
        watch = threading.Thread(target=self._pass_on_stop, args=(trained, over), daemon=True)
        watch.start()
        announce(trained)
        run.run()
        over.set()
        watch.join()
        return run

    def _pass_on_stop(self, trained: Job, over: threading.Event) -> None:
        while not over.wait(0.05):
            if self.job.stopping.is_set():
                trained.stop()
                return

    def _hopeless(self, values: list[float]) -> bool:
        """Whether the value is worse than the median of the earlier jobs' running averages up to the same step."""
        step = len(values)
        averages = [statistics.fmean(curve[:step]) for curve in self.curves if len(curve) >= step]
        return bool(averages) and self.sign * values[-1] < self.sign * statistics.median(averages)

    def _reached(self) -> bool:
        target = (self.config.get("TuningJobCompletionCriteria") or {}).get("TargetObjectiveMetricValue")
        best = self.best()
        return target is not None and best is not None and self.sign * (best[OBJECTIVE]["Value"] - target) >= 0

    def best(self) -> dict[str, Any] | None:
        """The best of the jobs that ran to their end: a stopped one need not have a model."""
        scored = [
            item for item in summaries(self.job) if OBJECTIVE in item and item["TrainingJobStatus"] == "Completed"
        ]
        return max(scored, key=lambda item: self.sign * item[OBJECTIVE]["Value"], default=None)

    def _conclude(self, began: float) -> None:
        job, best = self.job, self.best()
        job.more |= counters(summaries(job))
        job.more["ConsumedResources"] = {"RuntimeInSeconds": round(time.monotonic() - began)}
        job.more["TuningJobCompletionDetails"] = {"ConvergenceDetectedTime": utcnow()} if self._reached() else None
        if best is not None:
            job.more["BestTrainingJob"] = best
        status, failure = "Completed", None
        if job.stopping.is_set():
            status = "Stopped"
        elif best is None:
            reasons = [item.get("FailureReason", "no objective in the log") for item in summaries(job)]
            status, failure = (
                "Failed",
                f"All training jobs failed. The last: {reasons[-1] if reasons else 'none ran'}",
            )
        job.close(failure)
        job.status = status
        announce(job)
