"""What concerns the choice of architectures."""

from pydantic import Field, field_validator

from settings.base import Section
from stacks.catalogue import CORE, named


class Architectures(Section):
    """Which of the catalogue (stacks/catalogue.py) are deployed."""

    architectures: str = Field(
        CORE,
        pattern=r"^[a-z][a-z0-9_]*(,[a-z][a-z0-9_]*)*$",
        description="Architectures of `mlref architectures` with commas between, core, or all; with what they need",
    )

    @field_validator("architectures")
    @classmethod
    def _there_are_such(cls, value: str) -> str:
        named(value)
        return value
