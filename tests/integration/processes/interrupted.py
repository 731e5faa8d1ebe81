"""Commands that a signal ends at some moment, and what is to be seen afterwards."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.integration.processes.ending import allowed

MLREF = str(Path(sys.executable).parent / "mlref")
SEED = 9
FIRST_SECONDS = 1.5  # of imports
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


@dataclass(frozen=True)
class Moment:
    """When a signal comes, after the command has taken over from Python's own start, and to whom."""

    seconds: float
    number: signal.Signals
    whole_group: bool  # as a terminal's Ctrl-C, or to the one process that has been started


def moments(command: str, count: int, life: float) -> Iterator[Moment]:
    """Some of the ``life`` seconds of a command, the same each time; every third among the first."""
    chance = random.Random(f"{command} {SEED}")  # noqa: S311
    for number in range(count):
        within = FIRST_SECONDS if number % 3 == 0 else life
        yield Moment(chance.uniform(0, within), list(WORDS)[number % 2], chance.random() < 0.5)


class Interrupted:
    """A command in a folder of its own: temporary files in tmp, what it writes in out."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        for name in ("tmp", "out"):
            (folder / name).mkdir(parents=True)
        self.folder = folder
        self.words = [word.format(out=folder / "out") for word in words]
        with (folder / "printed").open("wb") as printed:
            self._process = subprocess.Popen(
                [MLREF, *self.words],
                env={**os.environ, **environment, "TMPDIR": str(folder / "tmp")},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                start_new_session=True,
            )

    def at(self, moment: Moment) -> float | None:
        """Seconds from the signal to the end; None when the command was over before."""
        self._wait_until_it_holds_signals()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(moment.seconds)
            assert self._process.returncode == 0, self.printed
            return None
        began = time.monotonic()
        (os.killpg if moment.whole_group else os.kill)(self._process.pid, moment.number)
        try:
            self._process.wait(allowed())
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self} has not ended: {moment}, {self.left()}") from None
        took = time.monotonic() - began
        line = f"mlref {self.words[0]}: {WORDS[moment.number]}; nothing is left running"
        assert self._process.returncode == 128 + moment.number, f"{moment}: {self.printed}"
        assert self.printed.splitlines()[-1] == line, f"{moment}: {self.printed}"
        assert "Traceback" not in self.printed, f"{moment}: {self.printed}"
        assert "KeyboardInterrupt" not in self.printed, f"{moment}: {self.printed}"
        assert self.left() == [], moment
        self._check_written()
        return took

    @property
    def printed(self) -> str:
        return (self.folder / "printed").read_text("utf-8")

    def left(self) -> list[str]:
        """Processes that were started with these temporary files, work or were told of something there; and files."""
        mark = os.fsencode(self.folder / "tmp")
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                if mark in told + os.fsencode((entry / "cwd").readlink()):
                    found.append((entry / "cmdline").read_text().replace("\0", " ")[:120])
        corner = self.folder / "tmp" / f"mlref-{os.geteuid()}"
        return found + [str(path) for path in self.folder.glob("tmp/**/*") if path != corner]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _wait_until_it_holds_signals(self) -> None:
        deadline = time.monotonic() + 60
        status = Path("/proc", str(self._process.pid), "status")
        while self._process.poll() is None:
            held = int(status.read_text().partition("SigBlk:\t")[2].split()[0], 16)
            if held & 1 << (signal.SIGTERM - 1):
                return
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.002)
        raise AssertionError(self.printed)

    def _check_written(self) -> None:
        for path in (self.folder / "out").rglob("*"):
            assert not path.name.startswith("."), f"{path} is half there"
            if path.suffix == ".json" and path.is_file():
                json.loads(path.read_text("utf-8"))
