"""Which stories `mlref demo` is to tell.

A story beside the core's is a module of stories/ with a function ``tell`` and the ``DATASET`` that it is written for.
"""

from importlib import import_module
from pathlib import Path

from cli.console import Console
from cli.errors import UserError
from stacks.catalogue import ALL, CORE, find, named


def stories_of(names: list[str]) -> tuple[str, ...]:
    """The stories of architectures, of the core or of all, each once. Raises UserError for one that has none."""
    told: dict[str, None] = {}
    for name in names:
        try:
            items = [find(item) for item in (named(name) if name in (ALL, CORE) else (name,))]
        except ValueError as error:
            raise UserError(str(error)) from None
        if not any(item.story for item in items):
            raise UserError(f"{name} has no story, for {items[0].why}")
        told |= dict.fromkeys(item.story for item in items if item.story)
    return tuple(told)


def tell(story: str, console: Console, out: Path, *, enforce: bool, dataset: str | None) -> None:
    """Tell a story beside the core's, of a dataset or, without one, of that which it is written for.

    Raises UserError when a step fails, or comes out otherwise than it should.
    """
    own = import_module(f"stories.{story}")
    own.tell(console, out, enforce=enforce, dataset=dataset or own.DATASET)
