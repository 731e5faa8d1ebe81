"""Tags of a stack, which its resources get too.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
"""

from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.schema import schema
from localcloud.cloudformation.types import TYPES

Tags = list[dict[str, str]]


def tag_property(resource_type: str) -> str | None:
    """The property that takes the stack's tags; None for types that have none, or whose tags can never change."""
    facts = TYPES.get(resource_type)
    if facts is None:
        return None
    in_settings = any("Tags" in setting.properties for setting in facts.settings)
    name = facts.tags.property if facts.tags else "Tags" if in_settings else None
    return None if name is None or (name,) in schema(resource_type).create_only else name


def passed_on(resource_type: str, properties: Properties, tags: Tags) -> dict[str, str]:
    """The stack's tags that a resource gets: those that its template does not give another value."""
    name = tag_property(resource_type)
    if name is None:
        return {}
    own = properties.get(name) or {}
    keys = set(own) if isinstance(own, dict) else {tag["Key"] for tag in own if isinstance(tag.get("Key"), str)}
    return {tag["Key"]: tag["Value"] for tag in tags if tag["Key"] not in keys}


def tagged(resource_type: str, properties: Properties, tags: Tags) -> Properties:
    """``properties`` with the stack's tags among the resource's own."""
    more = passed_on(resource_type, properties, tags)
    name = tag_property(resource_type)
    if not more or name is None:
        return properties
    value: Any
    if schema(resource_type).is_list(name):
        value = [*properties.get(name, []), *({"Key": key, "Value": item} for key, item in more.items())]
    else:
        value = {**properties.get(name, {}), **more}
    return {**properties, name: value}
