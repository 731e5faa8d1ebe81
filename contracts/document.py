"""Members of a contract document, each of the type that it must have. Standard library only, as ``model``."""

from collections.abc import Iterator
from typing import Any

_NAMES = {str: "a text", bool: "true or false", dict: "a mapping", list: "a list", int: "a whole number"}
_NOTHING: Any = object()


class ContractError(ValueError):
    """A contract document that cannot be used; the message names the place: table, column, member."""


class Entry:
    """A mapping of the document, and where it is in it."""

    def __init__(self, value: object, place: str) -> None:
        """Raises ContractError."""
        self._members: dict[str, Any] = _of(value, dict, place)
        self.place = place

    def text(self, name: str, default: Any = _NOTHING) -> Any:
        """A text that says something; ``default`` for one that is not there. Raises ContractError, as all others."""
        value = self._get(name, str, default)
        if isinstance(value, str) and not value.strip():
            raise ContractError(f"{self.place}: {name} is empty")
        return value

    def flag(self, name: str) -> bool:
        return bool(self._get(name, bool, False))

    def integer(self, name: str) -> int:
        return int(self._get(name, int))

    def number(self, name: str) -> float | None:
        value = self._members.get(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise ContractError(f"{self.place}: {name} must be a number, not {_shown(value)}")

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(_of(item, str, f"{self.place}: an entry of {name}") for item in self._get(name, list, []))

    def entries(self, name: str, *, needed: bool = False) -> "Iterator[Entry]":
        found = self._get(name, list) if needed else self._get(name, list, [])
        for number, item in enumerate(found, 1):
            yield Entry(item, f"{self.place}: entry {number} of {name}")

    def entry(self, name: str) -> "Entry":
        return Entry(self._get(name, dict, {}), f"{self.place}: {name}")

    def custom(self) -> "Entry":
        """ODCS's customProperties, ``[{property, value}]``, as a mapping."""
        found: dict[str, Any] = {}
        for item in self.entries("customProperties"):
            name = item.text("property")
            if name in found:
                raise ContractError(f"{self.place}: the custom property {name} is there twice")
            found[name] = item._members.get("value")
        return Entry(found, self.place)

    def _get(self, name: str, kind: type, default: Any = _NOTHING) -> Any:
        value = self._members.get(name)
        if value is None:
            if default is _NOTHING:
                raise ContractError(f"{self.place}: {name} is missing")
            return default
        return _of(value, kind, f"{self.place}: {name}")


def _of(value: Any, kind: type, place: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ContractError(f"{place} must be {_NAMES[kind]}, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
