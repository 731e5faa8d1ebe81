"""Settings given on the command line as ``cdk -c name=value`` takes them."""

from typing import Annotated

import typer

from cli.errors import UserError
from stacks.catalogue import CORE, named

__all__ = ["CORE", "Architectures", "Context", "choice", "parse_context"]

Context = Annotated[list[str] | None, typer.Option("--context", "-c", help="a setting, as for cdk: name=value")]
Architectures = Annotated[
    str, typer.Option(help="which, with commas between: names of `mlref architectures`, core, or all")
]


def parse_context(given: list[str]) -> dict[str, str]:
    """``["shards=2"]`` as a mapping. Raises UserError for what is no name=value."""
    pairs = [text.partition("=") for text in given]
    for (name, equals, _), text in zip(pairs, given, strict=True):
        if not name or not equals:
            raise UserError(f"-c takes name=value, as cdk does, not {text!r}")
    return {name: value for name, _, value in pairs}


def choice(architectures: str) -> dict[str, str]:
    """A choice of architectures as a setting. Raises UserError for one that is not there."""
    try:
        named(architectures)
    except ValueError as error:
        raise UserError(str(error)) from None
    return {"architectures": architectures}
