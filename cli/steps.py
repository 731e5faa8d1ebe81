"""Named, timed steps with one line each on the screen."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.console import Console

NAME_WIDTH = 10
TEXT_WIDTH = 76


@dataclass
class Step:
    """A step under way; set ``result`` to what its line should say when it is done."""

    name: str
    result: str = ""


@dataclass
class Steps:
    """Runs steps one after the other and remembers how long each took, in ``seconds``."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def step(self, name: str, doing: str, *, spinner: bool = True) -> Iterator[Step]:
        """Time a block. A block that draws its own progress passes ``spinner=False``."""
        step = Step(name)
        began = time.monotonic()
        mark = "[red]✗[/red]"
        try:
            with self.console.status(doing) if spinner else contextlib.nullcontext():
                yield step
            mark = "[green]✓[/green]"
        except BaseException:
            step.result = step.result or f"{doing}: failed"
            raise
        finally:
            seconds = time.monotonic() - began
            self.seconds[name] = round(seconds, 3)
            text = f"{step.result:<{TEXT_WIDTH}}"
            self.console.print(
                f" {mark} [bold]{name:<{NAME_WIDTH}}[/bold] {text} {seconds:6.1f} s", highlight=False, soft_wrap=True
            )
