"""The answer that a handler gives a status of its own."""

import warnings
from http import HTTPStatus
from typing import Any

import flask

from . import content_types


class Response(flask.Response):
    """Flask's, with JSON as its default type."""

    default_mimetype = content_types.JSON

    def __init__(  # noqa: PLR0917 - its signature is theirs
        self,
        response: Any = None,
        accept: str | None = None,
        status: int | str = HTTPStatus.OK,
        headers: Any = None,
        mimetype: str | None = None,
        direct_passthrough: bool = False,
    ) -> None:
        if accept:
            warnings.warn('ignoring deprecated "accept" argument to Response.__init__', DeprecationWarning, 2)
        super().__init__(response, status, headers, mimetype, None, direct_passthrough)
