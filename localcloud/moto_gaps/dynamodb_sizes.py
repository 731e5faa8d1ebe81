"""How many bytes an item has: of the sizes of AWS's page, and of records of localstack's AWS-validated snapshots."""

import base64
from collections.abc import Callable
from typing import Any


def item_size(attributes: dict[str, Any]) -> int:
    """Bytes of an item: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    return sum(len(name.encode()) + _value_size(value) for name, value in attributes.items())


def _value_size(value: Any) -> int:
    ((kind, content),) = (value if isinstance(value, dict) else value.to_json()).items()
    sizes: dict[str, Callable[[], int]] = {
        "N": lambda: _number_size(content),
        "B": lambda: len(base64.b64decode(content)) if isinstance(content, str) else len(content),
        "NULL": lambda: 1,
        "BOOL": lambda: 1,
        "L": lambda: 3 + sum(1 + _value_size(item) for item in content),
        "M": lambda: 3 + sum(1 + len(name.encode()) + _value_size(item) for name, item in content.items()),
        "S": lambda: len(str(content).encode()),
    }
    return sizes[kind]() if kind in sizes else sum(_value_size({kind[0]: item}) for item in content)


def _number_size(text: str) -> int:
    """About a byte for two significant digits, and one more."""
    digits = text.lstrip("-").partition("E")[0].partition("e")[0]
    significant = digits.replace(".", "").strip("0")
    return (len(significant) + 1) // 2 + 1 + text.startswith("-")
