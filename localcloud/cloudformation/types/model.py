"""The form of the facts about a resource type that neither its schema nor botocore can tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource

Key = Callable[[Resource], dict[str, Any]]  # the members of an input that say which resource is meant
Apply = Callable[[Resource, Properties, Properties], None]  # (resource, new properties, old properties)


@dataclass(frozen=True, kw_only=True)
class Call:
    """An operation that takes properties of the resource as its input."""

    operation: str
    rename: Mapping[str, str] = field(default_factory=dict)  # property → member, where more than case differs
    under: str = ""  # the member that wraps the properties, such as Glue's JobUpdate
    without: tuple[str, ...] = ()  # properties that would fit and must not be sent
    constant: Mapping[str, Any] = field(default_factory=dict)  # members that are always sent
    reset: Mapping[str, Any] | None = None
    """For an update that changes only the members it is given: the value that stands for a removed property.
    None: the operation sets everything, a missing member is reset by the service."""
    key: Key | None = None  # where it is not the type's own


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Properties with an operation of their own, called after creation and whenever one of them changes."""

    properties: tuple[str, ...]
    put: str = ""  # the operation; its input member is found by name
    member: str = ""  # the input member that takes the value, if it is called otherwise
    convert: Callable[[Any], Any] | None = None  # from CloudFormation's spelling to the API's
    remove: str = ""  # the operation that undoes it, called with the key
    apply: Apply | None = None  # instead of `put` and `remove`, where one call is not enough
    on_create: bool = True  # False: the create call takes the properties, this is for their changes
    constant: Mapping[str, Any] = field(default_factory=dict)  # further members of `put`


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """How tags of an existing resource are changed; the members are found by their shapes."""

    add: str
    remove: str
    key: Key | None = None  # where it is not the type's own
    property: str = "Tags"


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """Everything the engine has to be told about one type."""

    service: str  # as boto3 calls it
    create: Call | Callable[[Resource, Properties], Any]
    key: Key
    delete: str | Callable[[Resource], None]  # an operation that takes the key, or a function
    settle: Callable[[Resource], None] | None = None
    """Waits for what the create and update operations only begin. Raises StackError when that fails."""
    name: str = ""  # the property that holds the name; CloudFormation makes one up where it is missing
    lower_case: bool = False  # names of this service are lower case
    identifier: str | Callable[[Resource], str] = ""  # Ref: path in the create answer; empty: the name
    update: Call | None = None
    settings: tuple[Setting, ...] = ()
    tags: Tagging | None = None
    prepare: Callable[[Resource, Properties], Properties] | None = None  # CloudFormation's spelling → the API's
    read: str = ""  # the operation that describes the resource
    attributes: Mapping[str, str | Callable[[Resource], Any]] = field(default_factory=dict)
    """Fn::GetAtt: a path in the answer of `read`, a text with {id}, {region}, {account}, or a function."""
    one_at_a_time: str = ""
    """The property that names what AWS changes along with the resource, and cannot for two at once: see `conflicts`."""
    used_elsewhere: tuple[str, ...] = ()  # properties that `delete` or nothing local needs: applied by no call


def by(member: str) -> Key:
    """The key of a type whose operations name the resource by its physical id in ``member``."""
    return lambda resource: {member: resource.physical_id}


def by_arn(member: str, attribute: str = "Arn") -> Key:
    """The key of operations that take the resource's ARN."""
    return lambda resource: {member: resource.attribute(attribute)}
