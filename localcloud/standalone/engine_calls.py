"""How engines' clients read answers: whole ones, of calls that have a name.

Imports nothing of the local cloud: the folder is on the path of Glue's job processes too, whose library is an engine.
"""

import io
import shutil
import uuid
from typing import Any, BinaryIO

from botocore.exceptions import ConnectionClosedError, FlexibleChecksumError, HTTPClientError, IncompleteReadError
from botocore.httpsession import URLLib3Session

ATTEMPTS = 16
READ_TIMEOUT = 900  # seconds; a function may take that long
CONNECTIONS = 32
HEADER = "x-localcloud-call"  # the same for all attempts of one call: the cloud does it once
_BROKEN_OFF = (HTTPClientError, IncompleteReadError, FlexibleChecksumError)  # of a body while it is read


def prepare(client: Any) -> None:
    """Name the calls of a client, and take an answer that broke off for none, which makes the client try again.

    botocore asks urllib3 not to look at the Content-Length, and takes half an answer in JSON for an empty one.
    """
    session = URLLib3Session(timeout=READ_TIMEOUT, max_pool_connections=CONNECTIONS)

    def send(request: Any, **_: Any) -> Any:
        answer = session.send(request)
        if not request.stream_output and request.method != "HEAD":
            promised = int(answer.headers.get("Content-Length", 0))
            if len(answer.content) < promised:
                raise ConnectionClosedError(endpoint_url=request.url, request=request)
        return answer

    client.meta.events.register("before-call", _name_call)
    client.meta.events.register("before-send", send)


def _name_call(params: dict[str, Any], **_: Any) -> None:
    params["headers"][HEADER] = uuid.uuid4().hex


def fetch(s3: Any, bucket: str, key: str, file: BinaryIO, **version: str) -> str:
    """Write an object to an empty file; its ETag. Read again from the start when the answer breaks off.

    A client's retries end when the head of an answer is there; the body comes later.
    """
    for left in reversed(range(ATTEMPTS)):
        answer = s3.get_object(Bucket=bucket, Key=key, **version)
        try:
            shutil.copyfileobj(answer["Body"], file)
            break
        except _BROKEN_OFF:
            if not left:
                raise
            file.seek(0)
            file.truncate()
    return str(answer["ETag"])


def read(s3: Any, bucket: str, key: str, **version: str) -> bytes:
    """An object, or a version of it (``VersionId``), as `fetch` reads it."""
    file = io.BytesIO()
    fetch(s3, bucket, key, file, **version)
    return file.getvalue()
