"""Hive type strings of a Glue table, parsed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_SIMPLE = {
    "string": ("string", 0), "varchar": ("string", 0), "char": ("string", 0), "boolean": ("boolean", 0),
    "tinyint": ("integer", 8), "smallint": ("integer", 16), "int": ("integer", 32), "integer": ("integer", 32),
    "bigint": ("integer", 64), "float": ("floating", 32), "real": ("floating", 32), "double": ("floating", 64),
    "double precision": ("floating", 64), "decimal": ("decimal", 0), "date": ("date", 0),
    "timestamp": ("timestamp", 0), "binary": ("binary", 0),
}  # fmt: skip


class HiveTypeError(ValueError):
    """A column type that cannot be converted to Parquet."""


@dataclass(frozen=True)
class HiveType:
    """One type. ``items`` are the element of an array, key and value of a map, the members of a struct."""

    name: str
    bits: int = 0
    precision: int = 10
    scale: int = 0
    items: tuple["HiveType", ...] = ()
    fields: tuple[str, ...] = ()

    def arrow(self) -> Any:
        """The Arrow type that Parquet gets."""
        import pyarrow as pa  # noqa: PLC0415 - heavy, and not needed to start the cloud

        items = [item.arrow() for item in self.items]
        make: dict[str, Callable[[], Any]] = {
            "array": lambda: pa.list_(items[0]),
            "map": lambda: pa.map_(items[0], items[1]),
            "struct": lambda: pa.struct(list(zip(self.fields, items, strict=True))),
            "decimal": lambda: pa.decimal128(self.precision, self.scale),
            "integer": lambda: {8: pa.int8(), 16: pa.int16(), 32: pa.int32(), 64: pa.int64()}[self.bits],
            "floating": lambda: pa.float32() if self.bits == 32 else pa.float64(),
            "string": pa.string,
            "boolean": pa.bool_,
            "date": pa.date32,
            "timestamp": lambda: pa.timestamp("us"),
            "binary": pa.binary,
        }
        return make[self.name]()


def parse(text: str) -> HiveType:
    """``"array<struct<a:int,b:decimal(10,2)>>"`` as a HiveType. Raises HiveTypeError."""
    parts = re.findall(r"[<>(),:]|[^<>(),:]+", text.strip())
    kind, rest = _parse([part.strip() for part in parts if part.strip()], text)
    if rest:
        raise HiveTypeError(f"not a Hive type: {text}")
    return kind


def _parse(tokens: list[str], text: str) -> tuple[HiveType, list[str]]:
    if not tokens:
        raise HiveTypeError(f"not a Hive type: {text}")
    name, rest = tokens[0].lower(), tokens[1:]
    if name in ("array", "map", "struct"):
        return _container(name, rest, text)
    if name not in _SIMPLE:
        raise HiveTypeError(f"not a Hive type: {text}")
    kind, bits = _SIMPLE[name]
    numbers: list[int] = []
    if rest[:1] == ["("]:
        end = rest.index(")") if ")" in rest else -1
        inside = [part for part in rest[1:end] if part != ","]
        if end < 0 or not all(part.isdigit() for part in inside):
            raise HiveTypeError(f"not a Hive type: {text}")
        numbers, rest = [int(part) for part in inside], rest[end + 1 :]
    if kind == "decimal":
        precision, scale = [*numbers, 0][:2] if numbers else (10, 0)
        if not 1 <= precision <= 38 or not 0 <= scale <= precision:
            raise HiveTypeError(f"not a Hive type: {text}")
        return HiveType("decimal", precision=precision, scale=scale), rest
    return HiveType(kind, bits), rest


def _container(name: str, tokens: list[str], text: str) -> tuple[HiveType, list[str]]:
    items: list[HiveType] = []
    fields: list[str] = []
    if tokens[:1] != ["<"]:
        raise HiveTypeError(f"not a Hive type: {text}")
    rest = [",", *tokens[1:]]
    while rest[:1] == [","]:
        rest = rest[1:]
        if name == "struct":
            if len(rest) < 2 or rest[1] != ":":
                raise HiveTypeError(f"not a Hive type: {text}")
            fields.append(rest[0].strip("`"))
            rest = rest[2:]
        item, rest = _parse(rest, text)
        items.append(item)
    expected = {"array": 1, "map": 2}.get(name, len(items))
    if rest[:1] != [">"] or len(items) != expected:
        raise HiveTypeError(f"not a Hive type: {text}")
    return HiveType(name, items=tuple(items), fields=tuple(fields)), rest[1:]
