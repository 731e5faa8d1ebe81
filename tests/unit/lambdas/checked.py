"""Clients of an account that a test makes up.

Each request is checked against botocore's model of its operation, with patterns, enumerations and upper bounds, which
botocore itself leaves to the service.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

SESSION = botocore.session.get_session()


class Client:
    """A client of one service of an account, which has a method for each operation, and notes changes in ``calls``."""

    def __init__(self, account: Any, service: str) -> None:
        self._account = account
        self._service = SESSION.get_service_model(service)
        self._operations = {xform_name(name): name for name in self._service.operation_names}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = self._operations[name]
        shape = self._service.operation_model(operation).input_shape

        def call(**given: Any) -> Any:
            report = ParamValidator().validate(given, shape)
            assert not report.has_errors(), f"{operation}: {report.generate_report()}"
            assert not list(broken_rules(shape, given)), operation
            if not operation.startswith(("Describe", "List", "Get")):
                self._account.calls.append((operation, given))
            return getattr(self._account, name)(**given)

        return call

    def get_paginator(self, name: str) -> "Pages":
        return Pages(getattr(self, name))


class Pages:
    """A paginator of one page."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def paginate(self, **given: Any) -> list[Any]:
        return [self._call(**given)]


def broken_rules(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Patterns, enumerations and upper bounds that ``value`` breaks."""
    if shape.type_name == "structure":
        for name, item in value.items():
            yield from broken_rules(shape.members[name], item, f"{path}.{name}")
    elif shape.type_name == "list":
        for item in value:
            yield from broken_rules(shape.member, item, f"{path}[]")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from broken_rules(shape.key, key, path)
            yield from broken_rules(shape.value, item, path)
    rules = shape.metadata
    size = len(value) if hasattr(value, "__len__") else value
    if "max" in rules and shape.type_name != "blob" and size > rules["max"]:
        yield f"{path}: {value} is over {rules['max']}"
    if shape.type_name == "string":
        if rules.get("enum") and value not in rules["enum"]:
            yield f"{path}: {value} is none of {rules['enum']}"
        # Java's classes and surrogates, as in patterns of tags and resource ids, are not Python's
        pattern = rules.get("pattern", "")
        if pattern and not re.search(r"\\[pu]", pattern) and not re.fullmatch(pattern, value):
            yield f"{path}: {value} is not {pattern}"
