"""The text of a template, JSON or YAML, as a document.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html: YAML 1.1 without aliases, hash
merges and the tags binary, omap, pairs, set and timestamp; keys are strings.
"""

import re
from typing import Any

import yaml

from localcloud.cloudformation.errors import TemplateError
from localcloud.documents import DocumentError, check, read_json

_OTHER_TAGS = ("binary", "omap", "pairs", "set", "timestamp", "merge")
_PLACE = re.compile(r"line (\d+) column (\d+)")


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: short forms of intrinsics, and dates are strings."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise TemplateError("Template format error: YAML aliases are not allowed in CloudFormation templates")
        return super().compose_node(parent, index)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """No merges."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Keys as they are written: 1, yes and null are names."""
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is no string", key.start_mark)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_UNKNOWN = {f"tag:yaml.org,2002:{name}" for name in _OTHER_TAGS}
_Loader.yaml_constructors = {
    tag: build for tag, build in yaml.SafeLoader.yaml_constructors.items() if tag not in _UNKNOWN
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _UNKNOWN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_multi_constructor("!", _short_form)


def read(body: str) -> Any:
    """The document in ``body``, intrinsics in their long form. Raises TemplateError."""
    if body.lstrip().startswith("{"):
        try:
            return read_json(body)
        except DocumentError as error:
            place = _PLACE.search(str(error))
            where = f"line {place[1]}, column {place[2]}" if place else error
            raise TemplateError(f"Template format error: JSON not well-formed. ({where})") from None
    try:
        document = yaml.load(body, _Loader)  # noqa: S506 - a SafeLoader
        check(document)
    except RecursionError:
        raise _no_yaml("nested too deep") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise _no_yaml(f"line {mark.line + 1}, column {mark.column + 1}" if mark else error.problem) from None
    except (yaml.YAMLError, DocumentError, ValueError) as error:  # ValueError: of a number that is none
        raise _no_yaml(" ".join(str(error).split())) from None
    return document


def _no_yaml(why: object) -> TemplateError:
    return TemplateError(f"Template format error: YAML not well-formed. ({why})")
