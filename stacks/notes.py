"""The rows of the study notes: what each draws, and why one that no architecture of the catalogue has is not there."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

FILE = Path(__file__).with_name("notes.yaml")
PAGES = "pages"  # planned as one


class Row(BaseModel):
    """A row, in one line.

    Attributes:
        notes: the sets of notes that have it.
        planned: name of the architecture to come that will have it, or `PAGES`.
        page: in docs/, of what is explained and not built.
        closed: since when AWS takes no new customers; ``instead`` is what they do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    notes: tuple[Literal["N0", "N1", "N2", "N3", "N4"], ...]
    planned: str | None = None
    page: str | None = None
    closed: date | None = None
    instead: str | None = None

    @model_validator(mode="after")
    def _one_reason(self) -> Self:
        if sum(reason is not None for reason in (self.planned, self.page, self.closed)) > 1:
            raise ValueError("a row has one of planned, page and closed")
        if (self.closed is None) != (self.instead is None):
            raise ValueError("what is closed has something instead, and nothing else has")
        return self


@cache
def rows() -> dict[str, Row]:
    """By id, in the order of the notes."""
    return TypeAdapter(dict[str, Row]).validate_python(yaml.safe_load(FILE.read_text("utf-8")))
