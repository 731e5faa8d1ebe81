"""The life of a resource: made, changed and removed by calls to its service, as the table of its type says."""

import copy
import secrets
import string
from collections.abc import Collection
from typing import Any

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.mapping import Members, Properties, arguments, differing, fit, lookup, member_name
from localcloud.cloudformation.resource import NotAppliedError, Resource
from localcloud.cloudformation.schema import schema
from localcloud.cloudformation.service import Context
from localcloud.cloudformation.types import TYPES
from localcloud.cloudformation.types.model import Call, Key, Setting

DEFAULT_NAME_LENGTH = 64


class ManagedResource(Resource):
    """A resource of a supported type."""

    def __init__(self, logical_id: str, resource_type: str, context: Context) -> None:
        if resource_type not in TYPES:
            raise StackError(f"{resource_type} is not supported by the local cloud")
        self._facts = TYPES[resource_type]
        super().__init__(logical_id, resource_type, context, self._facts.service)
        self.not_applied: list[str] = []
        self._applied: Properties = {}  # in the API's spelling
        self._described: Any = None

    @property
    def one_at_a_time(self) -> str:
        """As `ResourceType` has it."""
        return self._facts.one_at_a_time

    def _key(self, operation: str, key: Key | None = None) -> Members:
        """The members of the key that the operation takes."""
        shape = self.input_shape(operation)
        values = (key or self._facts.key)(self)
        return {name: value for name, value in values.items() if name in shape.members}

    # -- life cycle ------------------------------------------------------------------------------------------------

    def create(self, properties: Properties) -> None:
        """Make the resource. After a failure, ``physical_id`` tells whether there is something to delete."""
        schema(self.type).check(self.logical_id, properties)
        self.properties = properties
        self._name_it()
        wanted = self._prepared(properties)
        dropped: list[str] = []
        if isinstance(self._facts.create, Call):
            later = {name for setting in self._facts.settings if setting.on_create for name in setting.properties}
            members, used = self._input(self._facts.create, without(wanted, later), dropped)
            self.answer = self.call(self._facts.create.operation, **members)
        else:
            self.answer = self._facts.create(self, wanted)
            used = {self._facts.name}
        self.physical_id = self._identify()
        if self._facts.settle:
            self._facts.settle(self)
        for setting in self._facts.settings:
            if setting.on_create:
                if any(name in wanted for name in setting.properties):
                    self._apply_setting(setting, wanted, {}, dropped)
                used |= set(setting.properties)
        if self._facts.tags and self._facts.tags.property not in used:
            self._apply_tags(wanted, {})
            used.add(self._facts.tags.property)
        self._applied = wanted
        self._record([*(set(wanted) - used - set(self._facts.used_elsewhere)), *dropped])

    def update(self, properties: Properties) -> None:
        """Change the resource in place. After a failure only what was applied counts as applied."""
        schema(self.type).check(self.logical_id, properties)
        self.properties, self._described = properties, None
        wanted = self._prepared(properties)
        changed = differing(self._applied, wanted) - set(self._facts.used_elsewhere)
        dropped: list[str] = []
        tags = self._facts.tags
        of_settings = {name for setting in self._facts.settings for name in setting.properties}
        own = changed - of_settings - ({tags.property} if tags else set())
        if own:
            self._apply_update(own, without(wanted, of_settings), dropped)
            self._adopt(own, wanted)
        for setting in self._facts.settings:
            if touched := changed & set(setting.properties):
                before = dict(self._applied)
                if setting.apply:
                    self._adopt(touched, wanted)  # several calls: a failure may leave some of it
                self._apply_setting(setting, wanted, before, dropped)
                self._adopt(touched, wanted)
        if tags and tags.property in changed:
            self._apply_tags(wanted, self._applied)
            self._adopt({tags.property}, wanted)
        self._record(dropped)

    def doubt(self, properties: Properties) -> None:
        """Take ``properties`` as applied after a failure that left open what is there: going back sends all."""
        self._applied = self._prepared(properties)

    def delete(self) -> None:
        """Remove the resource; one that is gone already is no error."""
        if self.physical_id is None:
            return
        delete = self._facts.delete
        if isinstance(delete, str):
            self.call_if_present(delete, **self._key(delete))
        else:
            delete(self)

    def replacement_needed(self, properties: Properties) -> set[str]:
        """Changed properties that an existing resource cannot take."""
        return schema(self.type).replaced_by(self.properties, properties)

    @property
    def custom_name(self) -> str | None:
        """The name, if the template gives it: such a resource cannot be replaced."""
        name = self._facts.name
        return self.name if name and name in self.properties else None

    def attribute(self, name: str) -> Any:
        source = self._facts.attributes.get(name)
        if source is None:
            raise StackError(
                f"Template error: resource {self.logical_id} does not support attribute type {name} in Fn::GetAtt"
            )
        if callable(source):
            return source(self)
        if "{" in source:
            return source.format(id=self.physical_id, region=self.region, account=self.account)
        try:
            return lookup(self.describe(), source)
        except KeyError:
            raise StackError(f"{self.type}: the service's answer has no {source} for attribute {name}") from None

    def describe(self) -> Any:
        """The answer of the type's read operation, kept until the next update."""
        if self._described is None:
            self._described = self.call(self._facts.read, **self._key(self._facts.read))
        return self._described

    # -- parts -----------------------------------------------------------------------------------------------------

    def _name_it(self) -> None:
        """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html"""
        suffix = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(12))
        prefix = f"{self.context.stack_name}-{self.logical_id}"
        length = DEFAULT_NAME_LENGTH
        if self._facts.name:
            length = schema(self.type).max_length(self._facts.name) or length
        name = f"{prefix[: min(length, 255) - len(suffix) - 1]}-{suffix}"
        self.name = str(self.properties.get(self._facts.name, name.lower() if self._facts.lower_case else name))

    def _prepared(self, properties: Properties) -> Properties:
        wanted = copy.deepcopy(properties)
        if self._facts.name:
            wanted[self._facts.name] = self.name
        return self._facts.prepare(self, wanted) if self._facts.prepare else wanted

    def _identify(self) -> str:
        identifier = self._facts.identifier
        if callable(identifier):
            return identifier(self)
        return str(lookup(self.answer, identifier)) if identifier else self.name

    def _input(self, call: Call, properties: Properties, dropped: list[str]) -> tuple[Members, set[str]]:
        shape = self.input_shape(call.operation)
        if call.under:
            shape = shape.members[call.under]
        members, used = arguments(without(properties, call.without), shape, call.rename, dropped)
        members = {**members, **call.constant}
        return ({call.under: members} if call.under else members), used

    def _apply_update(self, own: set[str], wanted: Properties, dropped: list[str]) -> None:
        call = self._facts.update
        if call is None:
            raise NotAppliedError(self.type, [f"a change of {name}" for name in own])
        shape = self.input_shape(call.operation)
        if call.under:
            shape = shape.members[call.under]
        unable = [
            name
            for name in own
            if name in call.without
            or member_name(shape, call.rename.get(name, name)) is None
            or (call.reset is not None and name not in wanted and name not in call.reset)
        ]
        if unable:
            raise NotAppliedError(self.type, [f"a change of {name}" for name in unable])
        target = wanted
        if call.reset is not None:
            target = {name: wanted[name] if name in wanted else call.reset[name] for name in own}
        members, _ = self._input(call, target, dropped)
        members = {**self._key(call.operation, call.key), **members}
        if self._facts.tags and not call.under:
            members.pop(str(member_name(shape, self._facts.tags.property)), None)  # tags change by calls of their own
        self.call(call.operation, **members)
        if self._facts.settle:
            self._facts.settle(self)

    def _apply_setting(self, setting: Setting, new: Properties, old: Properties, dropped: list[str]) -> None:
        if setting.apply:
            setting.apply(self, new, old)
            return
        (name,) = setting.properties
        if name not in new:
            if not setting.remove:
                raise NotAppliedError(self.type, [f"the removal of {name}"])
            self.call(setting.remove, **self._key(setting.remove))
            return
        shape = self.input_shape(setting.put)
        member = setting.member or str(member_name(shape, name))
        value = setting.convert(new[name]) if setting.convert else new[name]
        fitted = fit(value, shape.members[member], name, dropped)
        self.call(setting.put, **self._key(setting.put), **{member: fitted}, **setting.constant)

    def _apply_tags(self, new: Properties, old: Properties) -> None:
        tagging = self._facts.tags
        if tagging is None:
            return
        wanted, present = as_map(new.get(tagging.property)), as_map(old.get(tagging.property))
        added = {key: value for key, value in wanted.items() if present.get(key) != value}
        removed = [key for key in present if key not in wanted]
        for operation, value in ((tagging.remove, removed), (tagging.add, added)):
            if value:
                key = self._key(operation, tagging.key)
                (member,) = (name for name in self.input_shape(operation).required_members if name not in key)
                shape = self.input_shape(operation).members[member]
                self.call(operation, **key, **{member: fit(value, shape, tagging.property, [])})

    def _adopt(self, names: set[str], wanted: Properties) -> None:
        for name in names:
            if name in wanted:
                self._applied[name] = wanted[name]
            else:
                self._applied.pop(name, None)

    def _record(self, not_applied: list[str]) -> None:
        self.not_applied = sorted(not_applied)
        if not_applied and self.context.strict:
            raise NotAppliedError(self.type, not_applied)


def without(properties: Properties, names: Collection[str]) -> Properties:
    """``properties`` less ``names``."""
    return {name: value for name, value in properties.items() if name not in names}


def as_map(tags: Any) -> dict[str, str]:
    """Tags as a map, whichever way the type writes them."""
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags or ()}
