"""One request to a model and its answer."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Request:
    """What comes in.

    Attributes:
        headers: by name, as the client wrote it.
    """

    headers: dict[str, str]
    body: bytes
    method: str = "POST"
    path: str = "/invocations"


@dataclass(frozen=True)
class Answer:
    """What goes out. ``headers`` are those besides Content-Type and Content-Length."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Host(Protocol):
    """A loaded model."""

    def answer(self, request: Request) -> Answer:
        """The answer to a request, whatever the script does."""
