"""Who waits for an environment of a function when all are ended."""

import threading
from typing import Any, cast

import pytest

from localcloud.lambda_.pool import Pool
from localcloud.lambda_.worker import StartError, Worker


class Fake:
    """A worker that lives until it is killed."""

    alive = True

    def kill(self) -> None:
        self.alive = False

    def remove(self) -> None: ...


def _start() -> Worker:
    return cast("Any", Fake())  # type: ignore[no-any-return]


def test_who_waits_does_not_start_another() -> None:
    pool, told = Pool("fingerprint", 1), list[StartError]()

    def wait() -> None:
        try:
            with pool.slot(_start):
                pass
        except StartError as error:
            told.append(error)

    with pool.slot(_start) as (worker, cold):
        assert cold
        waiting = threading.Thread(target=wait)
        waiting.start()
        pool.kill()
        assert not worker.alive
    waiting.join(10)
    assert len(told) == 1
    with pytest.raises(StartError), pool.slot(_start):
        pass


def test_who_waits_while_the_code_is_updated_still_runs() -> None:
    pool = Pool("fingerprint", 1)
    with pool.slot(_start):
        pool.retire()
    with pool.slot(_start) as (worker, cold):
        assert cold
        assert worker.alive
