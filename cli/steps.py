"""Named, timed steps with one line each on the screen."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from cli.console import Console, styled

NAME_WIDTH = 10
TEXT_WIDTH = 76


@dataclass
class Step:
    """A step under way; set ``result`` to what its line should say when it is done."""

    name: str
    result: str = ""


@dataclass
class Steps:
    """Runs steps one after the other.

    Attributes:
        seconds: how long each took, and results: what its line said, by its name.
        failed: the name of the step that raised; empty when none has.
    """

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    failed: str = ""

    @contextlib.contextmanager
    def step(self, name: str, doing: str, *, spinner: bool = True) -> Iterator[Step]:
        """Time a block. A block that draws its own progress passes ``spinner=False``."""
        step = Step(name)
        began = time.monotonic()
        mark = ("✗", "red")
        try:
            with self.console.status(doing) if spinner else contextlib.nullcontext():
                yield step
            mark = ("✓", "green")
        except BaseException as error:
            how = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            step.result = step.result or f"{doing}: {how}"
            self.failed = name
            raise
        finally:
            seconds = time.monotonic() - began
            self.seconds[name], self.results[name] = round(seconds, 3), step.result
            title, text = f"{name:<{NAME_WIDTH}}", f"{step.result:<{TEXT_WIDTH}}"
            line = styled(" ", mark, " ", (title, "bold"), f" {text} {seconds:6.1f} s")
            self.console.print(line, soft_wrap=True)
