"""The only way this package changes moto: one registered replacement of one attribute.

Every replacement names the signature it relies on. A moto that has moved fails here, at import, with the name of
what moved, instead of somewhere inside a test.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Patch:
    """One replaced (or, where ``original`` is None, added) attribute of a moto class or module."""

    owner: str
    name: str
    signature: str | None
    original: Any
    added_by: str


PATCHES: list[Patch] = []


class MotoChangedError(RuntimeError):
    """The installed moto does not have what a patch relies on."""


def replace(owner: Any, name: str, signature: str) -> Callable[[F], F]:
    """Replace ``owner.name``; ``signature`` is the parameter list of the original, as ``inspect`` prints it.

    The original stays reachable as ``replacement.original``. What replaces a property becomes one.
    """
    original = inspect.getattr_static(owner, name, None)
    where = f"{getattr(owner, '__module__', '')}.{getattr(owner, '__name__', owner)}"
    if original is None:
        raise MotoChangedError(f"{where}.{name} is gone: this moto is not the pinned one")
    found = _parameters(original.fget if isinstance(original, property) else getattr(owner, name))
    if found != signature:
        raise MotoChangedError(f"{where}.{name} takes {found}, expected {signature}")

    def decorate(function: F) -> F:
        PATCHES.append(Patch(where, name, signature, original, function.__module__))
        function.original = original  # type: ignore[attr-defined]
        setattr(owner, name, property(function) if isinstance(original, property) else function)
        return function

    return decorate


def add(owner: Any, name: str) -> Callable[[F], F]:
    """Add ``owner.name``, which moto must not have: when moto grows it, ours is to be removed."""
    where = f"{getattr(owner, '__module__', '')}.{getattr(owner, '__name__', owner)}"
    if hasattr(owner, name):
        raise MotoChangedError(f"{where}.{name} exists now: remove the local cloud's own")

    def decorate(function: F) -> F:
        PATCHES.append(Patch(where, name, None, None, function.__module__))
        setattr(owner, name, function)
        return function

    return decorate


def _parameters(function: Any) -> str:
    return "(" + ", ".join(inspect.signature(function).parameters) + ")"
