"""Transforms as classes with ``apply``, after https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-transforms.html."""

from typing import Any

from .dynamicframe import DynamicFrame

__all__ = ["ApplyMapping", "DropFields", "RenameField", "ResolveChoice", "SelectFields"]


class ApplyMapping:
    """``mappings``: tuples (source path, source type, target name, target type)."""

    @classmethod
    def apply(cls, frame: DynamicFrame, mappings: list[tuple[str, ...]], **names: Any) -> DynamicFrame:
        return frame.apply_mapping(mappings, **names)


class SelectFields:
    """Keep ``paths``."""

    @classmethod
    def apply(cls, frame: DynamicFrame, paths: list[str], **names: Any) -> DynamicFrame:
        return frame.select_fields(paths, **names)


class DropFields:
    """Drop ``paths``."""

    @classmethod
    def apply(cls, frame: DynamicFrame, paths: list[str], **names: Any) -> DynamicFrame:
        return frame.drop_fields(paths, **names)


class RenameField:
    """Rename ``old_name`` to ``new_name``."""

    @classmethod
    def apply(cls, frame: DynamicFrame, old_name: str, new_name: str, **names: Any) -> DynamicFrame:
        return frame.rename_field(old_name, new_name, **names)


class ResolveChoice:
    """``specs``: tuples (path, action); the action ``cast:TYPE`` is done here."""

    @classmethod
    def apply(
        cls, frame: DynamicFrame, specs: list[tuple[str, str]] | None = None, choice: str = "", **names: Any
    ) -> DynamicFrame:
        return frame.resolveChoice(specs=specs, choice=choice, **names)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise NotImplementedError(f"awsglue.transforms.{name} is not implemented by the local cloud")
