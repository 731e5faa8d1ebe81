"""How sagemaker-containers calls a script: a Flask application, as sagemaker_containers/_worker.py has it.

Whatever a handler raises is a 500 with Flask's page, the traceback in the log. Only a `worker.Response` that a handler
returns has a status of its own.
"""

import io
import os
import sys
import traceback
from http import HTTPStatus
from typing import Any

import flask
from sagemaker_containers.beta.framework import content_types, errors, worker
from werkzeug.exceptions import HTTPException

from . import defaults
from .exchange import Answer, Request
from .script import Functions, no_model_fn

_GUNICORNS_PAGE = (  # gunicorn/util.py, write_error
    b"<html>\n  <head>\n    <title>Internal Server Error</title>\n  </head>\n  <body>\n"
    b"    <h1><p>Internal Server Error</p></h1>\n    \n  </body>\n</html>\n"
)
_NOT_PREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class _Application(flask.Flask):
    """Flask without routes: there is one place to ask, and each request would pay for the search."""

    def create_url_adapter(self, request: Any) -> None:
        return None


class ContainersHost:
    """One loaded model behind Flask."""

    def __init__(self, functions: Functions, module: str, handlers: str, model_dir: str) -> None:
        self._functions = {"model_fn": no_model_fn, **defaults.handlers(handlers), **functions}
        self._default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", content_types.JSON)
        self._model = self._functions["model_fn"](model_dir)
        self._app = _Application(module)

    def answer(self, request: Request) -> Answer:
        environ = _environ(request)
        try:
            parts, status, headers = self._respond(environ).get_wsgi_response(environ)
            body = b"".join(parts)
        except Exception:  # what is answered cannot be sent
            traceback.print_exc()
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/html", _GUNICORNS_PAGE)
        except BaseException as error:  # SystemExit: the container's process would end, and nginx answer
            told = f"{type(error).__name__}: {error}"
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", told.encode())
        more = dict(headers)
        more.pop("Content-Length", None)
        return Answer(int(status[:3]), more.pop("Content-Type", ""), body, more)

    def _respond(self, environ: dict[str, Any]) -> Any:
        """What Flask's own dispatch does once it has found the function."""
        with self._app.request_context(environ):
            try:
                return self._app.make_response(self._invocations())
            except Exception as error:
                return self._app.handle_exception(error)

    def _invocations(self) -> Any:
        given = flask.request
        content_type = given.headers.get("ContentType") or given.headers.get("Content-Type") or content_types.JSON
        accept = given.headers.get("Accept")
        if not accept or accept == content_types.ANY:
            accept = self._default_accept
        body = given.get_data(as_text=content_type in content_types.UTF8_TYPES)
        try:
            result = self._transform(body, content_type, accept)
        except HTTPException as error:  # by flask.abort: there it is wrapped in another, and so no answer
            raise errors.ClientError(str(error)) from error
        if isinstance(result, tuple):
            return worker.Response(response=result[0], mimetype=result[1])
        return result

    def _transform(self, body: bytes | str, content_type: str, accept: str) -> Any:
        call = self._functions
        if "transform_fn" in call:
            return call["transform_fn"](self._model, body, content_type, accept)
        return call["output_fn"](call["predict_fn"](call["input_fn"](body, content_type), self._model), accept)


def _environ(request: Request) -> dict[str, Any]:
    """https://peps.python.org/pep-3333/"""
    named = {
        _NOT_PREFIXED.get(name.lower(), f"HTTP_{name.upper().replace('-', '_')}"): value
        for name, value in request.headers.items()
    }
    return {
        **named,
        "CONTENT_LENGTH": str(len(request.body)),
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
