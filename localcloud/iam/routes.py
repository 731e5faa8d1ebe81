"""Requests that engines answer past moto (InvokeEndpoint) are checked like all others."""

import io
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from moto.core.request import Request
from moto.core.routing import get_service_router

from localcloud.iam import keys, requests
from localcloud.iam.call import Where
from localcloud.iam.faults import RefusalError
from localcloud.iam.identity import Signer, identify
from localcloud.iam.recorder import AccessDeniedError, IamEngine, iam_engine
from localcloud.protocols import protocol_of, rendered
from localcloud.wsgi import Application, StartResponse

_KEY = re.compile(r"Credential=([^/,\s]+)/[0-9]+/([^/]+)/")


def guarded(application: Application, service: str) -> Application:
    """``application``, which answers requests to boto3's ``service``, for those who may."""

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        engine, shown = iam_engine(), _KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
        if engine is None or not (engine.enforced or (shown and keys.is_issued(shown[1]))):
            return application(environ, start_response)
        try:
            who = identify(_request(environ), enforced=engine.enforced)
            _check(engine, who, service, environ, shown[2] if shown else "")
        except RefusalError as fault:
            return _refuse(start_response, *fault.answer(protocol_of(environ)))
        except AccessDeniedError as denied:
            told = rendered(protocol_of(environ), "AccessDeniedException", str(denied))
            return _refuse(start_response, int(HTTPStatus.FORBIDDEN), *told)
        return application(environ, start_response)

    return answer


def _request(environ: dict[str, Any]) -> Request:
    """With a body that can be read twice: a signature covers it."""
    request = Request(environ)
    body = request.get_data()
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
    return request


def _check(engine: IamEngine, who: Signer, service: str, environ: dict[str, Any], region: str) -> None:
    if who.caller is None:
        return
    operation, parameters = get_service_router(service).match(Request(environ))
    where = Where(engine.account, region)
    engine.check(requests.of_operation(who.caller, service, operation.name, dict(parameters), where))


def _refuse(
    start_response: StartResponse, status: int, headers: list[tuple[str, str]], body: bytes
) -> Iterable[bytes]:
    told = HTTPStatus(status)
    start_response(f"{told:d} {told.phrase}", [*headers, ("Content-Length", str(len(body)))])
    return [body]
