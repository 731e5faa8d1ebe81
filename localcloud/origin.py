"""Tells the clients of this machine from web pages, which can send requests to localhost as well.

Whoever may call the local cloud may run code on this machine, and every page that a browser shows can make it send
requests here: forms, images and "simple" fetches without asking, and any request at all once the page's own name
resolves to 127.0.0.1 (DNS rebinding). Where a request comes from stands in headers that no page can set: Host, Origin,
Referer (https://fetch.spec.whatwg.org/#forbidden-request-header) and Sec-Fetch-Site, which browsers send to every
loopback address (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header). Of these AWS clients send Host only.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

CLIENT = {"X-Local-Cloud": "1"}  # header of requests for PAGES: a web page would have to ask first, and is refused
PAGES = "/moto-api"  # what is about the cloud itself: reset, recordings, moto's settings

_LABELS = r"(?:[a-z0-9_-]+\.)*"  # a bucket's name may have dots
_HERE = re.compile(rf"(?:{_LABELS}localhost|127\.0\.0\.1|\[::1\])(?::([0-9]{{1,5}}))?")
_AWS = re.compile(rf"{_LABELS}amazonaws\.com(?:\.cn)?(?::([0-9]{{1,5}}))?")
_SIGNED = re.compile(r"(?:^|&)(?:X-Amz-)?Signature=")
_READS = ("GET", "HEAD")


def refusal(environ: Mapping[str, Any], port: int) -> str | None:
    """Why a request (WSGI) to ``port`` is refused, in one sentence; None when it may pass."""
    host = environ.get("HTTP_HOST", "").lower()
    if not _known(host, port, environ):
        return (
            f"The local cloud does not answer to the name {host or '(none)'}: use http://localhost:{port}, "
            f"http://127.0.0.1:{port} or http://BUCKET.localhost:{port}"
        )
    page = _page(environ, host)
    if page is not None:
        return f"A web page ({page}) may not call the local cloud: only clients outside the browser may"
    ((name, value),) = CLIENT.items()
    if environ["PATH_INFO"].startswith(PAGES) and f"HTTP_{name.upper().replace('-', '_')}" not in environ:
        return (
            f"{environ['PATH_INFO']} needs the header {name}: {value}, which no form or link of a web page can send"
        )
    return None


def _known(host: str, port: int, environ: Mapping[str, Any]) -> bool:
    """By the name that a client has for this cloud; AWS's own names are for clients that sign."""
    if found := _HERE.fullmatch(host):
        return int(found[1] or 80) == port
    found = _AWS.fullmatch(host)
    signed = "HTTP_AUTHORIZATION" in environ or _SIGNED.search(environ.get("QUERY_STRING", ""))
    return bool(found and signed and int(found[1] or port) in (port, 80, 443))


def _page(environ: Mapping[str, Any], host: str) -> str | None:
    """What says that a page of another origin made the browser send this; None when nothing does."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and origin.lower() != f"http://{host}":
        return f"Origin: {origin}"
    site = environ.get("HTTP_SEC_FETCH_SITE", "none")
    if site not in ("none", "same-origin"):  # none: somebody typed the address
        return f"Sec-Fetch-Site: {site}"
    referer = environ.get("HTTP_REFERER")  # a condition key of bucket policies, for reads
    if referer is not None and environ["REQUEST_METHOD"] not in _READS and _authority(referer) != host:
        return f"Referer: {referer}"
    return None


def _authority(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
