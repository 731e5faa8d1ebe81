"""Many requests: each is counted once, in order, at its pace, and Ctrl-C ends it in order."""

import os
import signal
import threading
import time

import pytest

from cli.errors import UserError
from cli.model.requests import Traffic, send
from cli.model.rows import Row
from cli.model.runtime import Answer, RefusedError

ROWS = [Row(f"2013-04-01/UA/{number}/EWR", {}) for number in range(100)]


def answer(variant: str = "AllTraffic", score: float = 0.25, seconds: float = 0.01, retried: int = 0) -> Answer:
    return Answer([{"probability": score, "late": score >= 0.5}], variant, seconds, retried)


def test_every_request_has_an_answer_or_an_error() -> None:
    def ask(row: Row) -> Answer:
        number = int(row.key.split("/")[2])
        if number % 10 == 0:
            raise RefusedError(f"dest: expected string, got integer {number}", 400)
        if number % 10 == 1:
            raise RefusedError("KeyError", 500)
        return answer("A" if number % 2 else "B", score=0.2 if number % 2 else 0.4, retried=number == 2)

    outcome, told = Traffic(), list[int]()
    send(outcome, ask, ROWS, concurrency=8, progress=told.append)
    assert (outcome.requests, outcome.answered, sum(told)) == (100, 80, 100)
    assert outcome.errors == {"KeyError": 10, "dest: expected string": 10}, "by cause, without the values"
    assert outcome.variants == {"A": 40, "B": 40}
    assert outcome.retried == 1
    assert outcome.facts["mean_prediction"] == pytest.approx(0.3)
    assert not outcome.interrupted


def test_every_answer_has_its_moment() -> None:
    began, outcome = time.monotonic(), Traffic()
    send(outcome, lambda _: answer(), ROWS, concurrency=4)
    assert len(outcome.moments) == outcome.answered == 100
    assert outcome.moments == sorted(outcome.moments)
    assert began <= outcome.moments[0] <= outcome.moments[-1] <= time.monotonic()


def test_the_facts_and_the_text_say_the_same() -> None:
    outcome = Traffic(seconds=2.0)
    for number in range(1, 101):
        outcome.add(answer(seconds=number / 1000, score=0.5))
    outcome.errors["flight: expected int"] = 2
    assert outcome.facts == {
        "requests": 102,
        "answered": 100,
        "errors": {"flight: expected int": 2},
        "variants": {"AllTraffic": 100},
        "retried": 0,
        "p50_ms": 50.5,
        "p99_ms": 99.01,
        "mean_prediction": 0.5,
        "seconds": 2.0,
        "interrupted": False,
    }
    assert outcome.text == (
        "102 requests in 2.0 s (51 a second), 100 answered, 0 attempts repeated\n"
        "answers: 100 by AllTraffic; p50 50.5 ms, p99 99.0 ms; mean prediction 0.500\n"
        "  2 errors: flight: expected int"
    )


def test_nothing_answered_is_said_without_numbers() -> None:
    outcome = Traffic()
    outcome.errors["no"] = 1
    assert outcome.facts["p50_ms"] is outcome.facts["mean_prediction"] is None
    assert "answers:" not in outcome.text


def test_no_more_are_under_way_than_allowed() -> None:
    lock, running, most = threading.Lock(), [0], [0]
    enough = threading.Barrier(4, timeout=30)

    def ask(_: Row) -> Answer:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        enough.wait()  # four at once, or it breaks
        with lock:
            running[0] -= 1
        return answer()

    send(Traffic(), ask, ROWS, concurrency=4)
    assert most == [4]


def test_the_rate_is_kept_and_the_order_too() -> None:
    began, sent = time.monotonic(), []
    outcome = Traffic()

    def ask(row: Row) -> Answer:
        sent.append((row.key, time.monotonic() - began))
        return answer()

    send(outcome, ask, ROWS[:20], concurrency=1, rate=100)
    assert [key for key, _ in sent] == [row.key for row in ROWS[:20]]
    assert all(when >= number / 100 for number, (_, when) in enumerate(sent))


def test_ctrl_c_counts_what_was_answered() -> None:
    asked = []

    def ask(row: Row) -> Answer:
        asked.append(row)
        if row is ROWS[20]:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)  # it comes while a request is under way
        return answer()

    outcome = Traffic()
    send(outcome, ask, [*ROWS, *ROWS[:20] * 500], concurrency=2)
    assert outcome.interrupted
    assert 20 <= outcome.answered == len(asked) < 10_000
    assert outcome.text.startswith("Stopped: ")


def test_an_endpoint_that_goes_away_ends_it() -> None:
    asked = []

    def ask(row: Row) -> Answer:
        asked.append(row)
        if len(asked) > 10:
            raise UserError("there is no endpoint")
        return answer()

    outcome = Traffic()
    with pytest.raises(UserError, match="there is no endpoint"):
        send(outcome, ask, ROWS * 100, concurrency=1)
    assert outcome.answered == 10
    assert len(asked) == 11
