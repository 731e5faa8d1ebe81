"""Pieces of statement text that no query parser reads: names, property lists, literals."""

import re
from typing import Any

from localcloud.athena.errors import QueryError

PART = r'(?:"(?:[^"]|"")+"|`[^`]+`|[A-Za-z0-9_$-]+)'
NAME = rf"{PART}(?:\s*\.\s*{PART}){{0,2}}"


def qualified(name: str, database: str) -> tuple[str, str]:
    """``"db"."table"`` -> ``("db", "table")``, lower case; the catalog before it must be Glue's.

    Raises:
        QueryError: CATALOG_NOT_FOUND.
    """
    parts = [part.strip('"`').replace('""', '"').lower() for part in re.findall(PART, name)]
    if len(parts) == 3:
        if parts[0] != "awsdatacatalog":
            raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{parts[0]}' not found")
        parts = parts[1:]
    return (parts[0], parts[1]) if len(parts) == 2 else (database, parts[0])


def s3_location(text: str) -> str:
    """A location that a statement gives.

    Raises:
        QueryError: it is not in S3.
    """
    if not re.match(r"s3[an]?://[^/]", text):
        why = f"a LOCATION is in Amazon S3, s3://bucket/folder/, not {text!r}"
        raise QueryError("", f"FAILED: SemanticException: {why}")
    return text


def strip_comments(sql: str) -> str:
    """The statement without comments before it, the semicolon after it, and long stretches of nothing inside it."""
    sql = re.sub(r"\A(?>\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", "", sql, flags=re.DOTALL)
    return _tightened(sql.rstrip().rstrip(";").rstrip())


def _tightened(sql: str) -> str:
    """A hundred spaces say as much as a hundred thousand, over which the patterns of statements would take an hour."""
    parts, quote, start = [], "", 0
    for match in re.finditer(r"['\"`]|\s{101,}", sql):
        if match[0][0] in "'\"`":
            quote = match[0] if not quote else "" if match[0] == quote else quote
        elif not quote:
            parts.append(sql[start : match.start() + 100])
            start = match.end()
    return "".join((*parts, sql[start:]))


def parenthesized(text: str) -> tuple[str, str]:
    """``(a (b), ')') rest`` -> ``("a (b), ')'", " rest")``.

    Raises:
        QueryError: SYNTAX_ERROR when nothing closes the parenthesis.
    """
    depth, quote = 0, ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return text[text.index("(") + 1 : at], text[at + 1 :]
    raise QueryError("SYNTAX_ERROR", "line 1:1: mismatched input '<EOF>'. Expecting: ')'")


def split_list(text: str) -> list[str]:
    """The items of a list, split at the commas that are in no bracket and no string."""
    parts, depth, quote, start = [], 0, "", 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif character in "([<":
            depth += 1
        elif character in ")]>":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    tail = text[start:].strip()
    return [*parts, tail] if tail else parts


def properties(text: str) -> dict[str, Any]:
    """``format = 'PARQUET', partitioned_by = ARRAY['a']`` -> names in lower case to strings, lists, numbers.

    Raises:
        QueryError: SYNTAX_ERROR for an item that is not ``name = value``.
    """
    found = {}
    for item in split_list(text):
        pair = re.fullmatch(r"""['"]?([\w.]+)['"]?\s*=\s*(.*)""", item, re.DOTALL)
        if pair is None:
            raise QueryError("SYNTAX_ERROR", f"line 1:1: mismatched input '{item[:40]}'. Expecting: a property")
        found[pair[1].lower()] = _value(pair[2].strip())
    return found


def _value(text: str) -> Any:
    if array := re.fullmatch(r"array\s*\[(.*)\]", text, re.IGNORECASE | re.DOTALL):
        return [_value(item) for item in split_list(array[1])]
    if text.startswith(("'", '"')):
        return text[1:-1].replace("''", "'")
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return {"true": True, "false": False}.get(text.lower(), text)
