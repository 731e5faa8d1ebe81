"""Fields of CSV as the values that a contract's checks take. Standard library only, as the rest of the package."""

from typing import Any


def parsed(text: str, kind: str) -> Any:
    """A CSV field as the JSON value it stands for; text that is no number is left for the check to refuse."""
    if text == "":
        return None
    if kind in ("int", "bigint", "double"):
        try:
            return int(text) if kind != "double" and "." not in text and "e" not in text.lower() else float(text)
        except ValueError:
            return text
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text
