"""``from sagemaker_containers.beta.framework import content_types, encoders, errors, worker``."""

from types import ModuleType

from . import content_types, encoders, errors, worker

__all__ = ["content_types", "encoders", "errors", "worker"]
_ABSENT = ("env", "files", "functions", "logging", "mapping", "modules", "params", "process", "server", "transformer")


class _Absent(ModuleType):
    """A module that scripts import and seldom use."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"the local cloud's {self.__name__} has no {name}")


def __getattr__(name: str) -> ModuleType:
    if name in _ABSENT:
        return _Absent(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__} has no attribute {name}")
