"""Many requests to the endpoint, several under way at once, and what came of them."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from cli.lake.producer.lanes import PATIENCE_SECONDS
from cli.lake.producer.quarantine import cause_of
from cli.model.rows import Row
from cli.model.runtime import Answer, RefusedError


@dataclass
class Traffic:
    """What became of the requests: each has an answer or an error.

    Attributes:
        errors: requests without an answer, by reason.
        variants: answers by the production variant that gave them.
        retried: attempts that a fault of the model made necessary.
        waits: seconds from the first attempt of each answered request to its answer.
        moments: when each answer came, by `time.monotonic`.
        scores: what was predicted, a number each.
        seconds: all of it took.
        interrupted: Ctrl-C came before the end.
    """

    errors: Counter[str] = field(default_factory=Counter)
    variants: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    waits: list[float] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def answered(self) -> int:
        return len(self.waits)

    @property
    def requests(self) -> int:
        return self.answered + self.errors.total()

    def add(self, answer: Answer) -> None:
        self.variants[answer.variant] += 1
        self.retried += answer.retried
        self.waits.append(answer.seconds)
        self.moments.append(time.monotonic())
        self.scores.append(float(next(iter(answer.predictions[0].values()))))

    def milliseconds(self, percent: float) -> float | None:
        """The wait that so many percent of the answers stayed within; None without answers."""
        import numpy as np  # noqa: PLC0415 - keeps `--help` fast

        return float(np.percentile(self.waits, percent)) * 1000 if self.waits else None

    @property
    def facts(self) -> dict[str, Any]:
        """All of it for a machine."""
        return {
            "requests": self.requests,
            "answered": self.answered,
            "errors": dict(self.errors.most_common()),
            "variants": dict(self.variants.most_common()),
            "retried": self.retried,
            "p50_ms": _rounded(self.milliseconds(50)),
            "p99_ms": _rounded(self.milliseconds(99)),
            "mean_prediction": _rounded(sum(self.scores) / len(self.scores) if self.scores else None, 4),
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
        }

    @property
    def text(self) -> str:
        """All of it for a person."""
        rate = self.requests / self.seconds if self.seconds else 0.0
        lines = [
            f"{'Stopped: ' if self.interrupted else ''}{self.requests:,} requests in {self.seconds:.1f} s "
            f"({rate:,.0f} a second), {self.answered:,} answered, {self.retried:,} attempts repeated"
        ]
        if self.waits:
            by = ", ".join(f"{number:,} by {variant}" for variant, number in self.variants.most_common())
            lines.append(
                f"answers: {by}; p50 {self.milliseconds(50):.1f} ms, p99 {self.milliseconds(99):.1f} "
                f"ms; mean prediction {sum(self.scores) / len(self.scores):.3f}"
            )
        return "\n".join(
            [*lines, *(f"  {number:,} errors: {reason}" for reason, number in self.errors.most_common())]
        )


def send(
    outcome: Traffic,
    ask: Callable[[Row], Answer],
    rows: Sequence[Row],
    *,
    concurrency: int,
    rate: float = 0.0,
    progress: Callable[[int], object] = lambda _: None,
    stop: threading.Event | None = None,
) -> None:
    """Ask about every row, in order, at most ``rate`` a second; ``outcome`` is kept up to date.

    ``stop`` ends it after the requests under way, Ctrl-C too if they are quick. Raises UserError when there is no
    endpoint (any more).
    """
    began, lock = time.monotonic(), threading.Lock()
    stop = stop or threading.Event()
    numbered = enumerate(rows)
    # In C, as `enumerate` is: Ctrl-C comes while the main thread waits here, and leaves no lock behind. In the midst of
    # a Python lock, as `submit` and `as_completed` have them, it left all threads waiting for ever.
    ended: SimpleQueue[bool] = SimpleQueue()

    def one(row: Row) -> None:
        try:
            answer = ask(row)
        except RefusedError as error:
            with lock:
                outcome.errors[cause_of(error.reason)] += 1
        else:
            with lock:
                outcome.add(answer)

    def work() -> None:
        with lock:
            pass  # until all have started
        try:
            for number, row in numbered:
                if rate:
                    stop.wait(max(began + number / rate - time.monotonic(), 0))
                if stop.is_set():
                    break
                one(row)
                ended.put(True)
        except Exception:
            stop.set()
            raise
        finally:
            ended.put(False)

    pool = ThreadPoolExecutor(concurrency)
    workers: list[Future[None]] = []
    try:
        with lock:
            for _ in range(concurrency):
                workers.append(pool.submit(work))
        for _ in workers:
            while ended.get():
                progress(1)
        for worker in workers:
            worker.result()
    except KeyboardInterrupt:
        outcome.interrupted = True
    finally:
        stop.set()
        if outcome.interrupted:
            wait(workers, PATIENCE_SECONDS)
        pool.shutdown(wait=not outcome.interrupted)
    outcome.seconds = time.monotonic() - began


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
