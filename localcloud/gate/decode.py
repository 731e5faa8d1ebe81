"""Requests of every protocol as JSON would have them: dicts by member name, numbers as numbers, blobs as base64.

moto decodes requests too, where its handlers ask for it; what it cannot decode raises anything there. Here a body that
is not what its protocol says is a MalformedError, and a member that is not of its type a WrongTypeError, before
anything else happens to either.

https://smithy.io/2.0/aws/protocols/index.html
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from localcloud.gate.constraints import WrongTypeError

_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
# What signs a request rather than being part of it, https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
_COMMON = frozenset(
    {"Action", "Version", "AWSAccessKeyId", "Expires", "SecurityToken", "Signature", "SignatureMethod"}
    | {"SignatureVersion", "Timestamp", "ContentType"}
)


class MalformedError(Exception):
    """A body that is not what its protocol says."""


class MissingBodyError(MalformedError):
    """No body where the operation is nothing without one."""


def from_json(shape: Any, body: bytes) -> dict[str, Any]:
    """The members of a JSON body; an empty one has none. Raises MalformedError."""
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:  # also bytes that are no text
        raise MalformedError(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise MalformedError("the body is not a JSON object")
    members: dict[str, Any] = _members(shape, value) if shape is not None else value
    return members


def _members(shape: Any, value: Any) -> Any:
    """JSON with its own names as JSON with the members' names, which are nearly always the same."""
    if not _renames(shape, set()):
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        return {
            names[key][0] if key in names else key: _members(names[key][1], item) if key in names else item
            for key, item in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_members(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _members(shape.value, item) for key, item in value.items()}
    return value


def _renames(shape: Any, seen: set[str]) -> bool:
    """Whether any member of the shape, however deep, is called differently in JSON."""
    known = getattr(shape, "gate_renames", None)
    if known is None:
        if shape.name in seen:
            return False
        seen = seen | {shape.name}
        inner: Iterable[Any] = ()
        renamed = False
        if shape.type_name == "structure":
            inner = shape.members.values()
            renamed = any(member.serialization.get("name", name) != name for name, member in shape.members.items())
        elif shape.type_name in ("list", "map"):
            inner = (shape.member if shape.type_name == "list" else shape.value,)
        known = shape.gate_renames = renamed or any(_renames(item, seen) for item in inner)
    return bool(known)


class _Node(dict[str, "_Node"]):
    """One level of the dotted names of a query."""

    text: str | None = None


def from_query(shape: Any, values: Iterable[tuple[str, str]], *, ec2: bool) -> tuple[dict[str, Any], list[str]]:
    """The members of a form, and the names in it that the operation does not have.

    https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, and for EC2 …/aws-ec2-query-protocol.html
    """
    root = _Node()
    for name, text in values:
        node = root
        for part in name.split("."):
            node = node.setdefault(part, _Node())
        if node.text is None:
            node.text = text
    members = _query(shape, root, ec2) if shape is not None else {}
    known = {_form_name(member, name, ec2) for name, member in shape.members.items()} if shape is not None else set()
    unknown = [name for name in root if name not in known | _COMMON and not name.startswith("X-Amz-")]
    return members or {}, unknown


def _query(shape: Any, node: _Node, ec2: bool, where: str = "") -> Any:
    kind = shape.type_name
    if kind == "structure":
        found = {}
        for name, member in shape.members.items():
            child = node.get(_form_name(member, name, ec2))
            if child is not None:
                found[name] = _query(member, child, ec2, name)
        return found
    if kind == "list":
        items = node if ec2 or shape.serialization.get("flattened") else node.get(_member_name(shape), _Node())
        return [_query(shape.member, item, ec2, where) for item in _numbered(items)]
    if kind == "map":
        entries = node if shape.serialization.get("flattened") else node.get("entry", _Node())
        key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        return {
            entry[key].text or "": _query(shape.value, entry[value], ec2, where) if value in entry else None
            for entry in _numbered(entries)
            if key in entry
        }
    return typed(shape, node.text or "", where)


def _numbered(node: _Node) -> list[_Node]:
    return [node[index] for index in sorted((name for name in node if name.isdecimal()), key=int)]


def _member_name(shape: Any) -> str:
    return str(shape.member.serialization.get("name", "member"))


def _form_name(member: Any, name: str, ec2: bool) -> str:
    how = member.serialization
    if ec2:
        if "queryName" in how:
            return str(how["queryName"])
        name = how.get("name", name)
        return name[:1].upper() + name[1:]
    if member.type_name == "list" and how.get("flattened"):  # the elements' name takes the list's place
        return str(member.member.serialization.get("name") or how.get("name", name))
    return str(how.get("locationNameForQueryCompatibility") or how.get("name", name))


def from_xml(shape: Any, body: bytes) -> dict[str, Any]:
    """The members of an XML body. Raises MalformedError."""
    if not body.strip():
        return {}
    if b"<!DOCTYPE" in body:
        raise MalformedError("the body has a document type declaration")
    try:
        root = fromstring(body)  # noqa: S314 - without a document type there are no entities to expand
    except (ParseError, ValueError, LookupError) as error:
        raise MalformedError(f"the body is not XML: {error}") from None
    expected = shape.serialization.get("name")
    if expected and _tag(root) != expected:
        raise MalformedError(f"the body is a {_tag(root)}, not a {expected}")
    members: dict[str, Any] = _xml(shape, [root])
    return members


def _xml(shape: Any, nodes: list[Element], where: str = "") -> Any:
    kind, node = shape.type_name, nodes[0]
    if kind == "structure":
        children: dict[str, list[Element]] = {}
        for child in node:
            children.setdefault(_tag(child), []).append(child)
        found = {}
        for name, member in shape.members.items():
            how = member.serialization
            if "location" in how:
                continue
            flattened = member.type_name == "list" and how.get("flattened")
            tag = (member.member.serialization.get("name") if flattened else None) or how.get("name", name)
            if tag in children:
                found[name] = _xml(member, children[tag], name)
            elif how.get("xmlAttribute"):  # xsi:type of a grantee
                local = tag.partition(":")[2] or tag
                value = next((text for key, text in node.attrib.items() if key.endswith(local)), None)
                if value is not None:
                    found[name] = value
        return found
    if kind == "list":
        items = nodes if shape.serialization.get("flattened") else list(node)
        return [_xml(shape.member, [item], where) for item in items]
    if kind == "map":
        entries = nodes if shape.serialization.get("flattened") else list(node)
        key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        pairs = [{_tag(child): child for child in entry} for entry in entries]
        return {
            pair[key].text or "": _xml(shape.value, [pair[value]], where)
            for pair in pairs
            if key in pair and value in pair
        }
    return typed(shape, node.text or "", where)


def _tag(node: Element) -> str:
    return node.tag.rpartition("}")[2]


def from_http(shape: Any, uri: Mapping[str, str], query: Any, headers: Any) -> dict[str, Any]:
    """The members that REST protocols put into the path, the query string and the headers.

    Args:
        query: werkzeug's MultiDict of the query string.
        headers: werkzeug's headers.
    """
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        how = member.serialization
        location, wire = how.get("location"), how.get("name", name)
        if location == "uri" and wire in uri:
            found[name] = typed(member, uri[wire], name)
        elif location == "querystring" and wire in query:
            if member.type_name == "list":
                found[name] = [typed(member.member, text, name) for text in query.getlist(wire)]
            elif member.type_name != "map":
                found[name] = typed(member, query[wire], name)
        elif location == "header" and wire in headers and not how.get("jsonvalue"):
            if member.type_name == "list":
                found[name] = [typed(member.member, text.strip(), name) for text in headers[wire].split(",")]
            else:
                found[name] = typed(member, headers[wire], name)
    return found


def typed(shape: Any, text: str, where: str) -> Any:
    """A text as its shape's type. Raises WrongTypeError."""
    kind = shape.type_name
    if kind in ("integer", "long"):
        if not _WHOLE.fullmatch(text):
            raise WrongTypeError(f"{where} must be a whole number", where, text)
        return int(text)
    if kind in ("float", "double"):
        try:
            return float(text)
        except ValueError:
            raise WrongTypeError(f"{where} must be a number", where, text) from None
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise WrongTypeError(f"{where} must be true or false", where, text)
        return text.lower() == "true"
    return text
