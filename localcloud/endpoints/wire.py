"""One kept connection to a container's server: HTTP/1.1 as that server of ours speaks it (`runtime/serve.py`).

`http.client` reads headers with the parser of mails and sends head and body apart, which takes half as long as a small
model.
"""

import socket
from dataclasses import dataclass
from pathlib import Path

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_HOST = "Host: localhost:8080\r\n"  # where containers serve


class WireError(OSError):
    """The connection ended before an answer."""


@dataclass(frozen=True)
class Reply:
    """What the container answered; ``attributes`` is its header of custom attributes."""

    status: int
    content_type: str
    body: bytes
    attributes: str = ""


class Wire:
    """Connected to the Unix socket at ``path``. After an error it is of no more use. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(path))
        except BaseException:
            self._socket.close()
            raise
        self._file = self._socket.makefile("rb")

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str], timeout: float) -> Reply:
        """The answer. Raises TimeoutError, WireError and other OSErrors."""
        self._socket.settimeout(timeout)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\n{_HOST}{lines}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode("latin-1") + body)
        status = self._line().split(b" ", 2)[1]
        found = {}
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(":")
            found[name.lower()] = value.strip()
        length = int(found["content-length"])
        answer = self._file.read(length)
        if len(answer) < length:
            raise WireError("it ended in the middle of an answer")
        return Reply(int(status), found.get("content-type", ""), answer, found.get(ATTRIBUTES.lower(), ""))

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _line(self) -> bytes:
        line: bytes = self._file.readline()
        if not line.endswith(b"\n"):
            raise WireError("it ended before an answer")
        return line.rstrip(b"\r\n")
