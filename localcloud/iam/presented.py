"""What a request shows of who signed it: an access key, a signature and what that covers.

In a header, in the query (presigned URLs) or in a form (presigned uploads), by version 4 or, S3 only, version 2.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from localcloud.iam.faults import Fault, RefusalError

STAMP = "%Y%m%dT%H%M%SZ"
_V4 = re.compile(r"AWS4-HMAC-SHA256\s+(.*)", re.DOTALL)
_V2 = re.compile(r"AWS\s+([^\s:]+):(\S+)")
_SHOWS = ("X-Amz-Signature", "X-Amz-Credential", "AWSAccessKeyId", "Signature")
_IN_QUERY = re.compile("Signature|Credential|AWSAccessKeyId")
_SCOPE = re.compile(r"([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")


class Place(Enum):
    """Where a request shows its signature."""

    HEADER = "REST-HEADER"
    QUERY = "REST-QUERY-STRING"
    FORM = "POST"


@dataclass(frozen=True)
class Presented:
    """Credentials as shown.

    Attributes:
        region, service: what a signature of version 4 is for; empty in version 2.
        signed: names of the headers that it covers, in lower case.
        time: when it was made, as it says so itself: a time stamp (4), ``Date`` or ``Expires`` (2).
        expires: when a URL is over.
    """

    place: Place
    version: int
    key: str
    signature: str
    token: str | None = None
    region: str = ""
    service: str = ""
    signed: tuple[str, ...] = ()
    time: str = ""
    expires: datetime | None = None


def presented(request: Any) -> Presented | None:
    """The credentials of a request (moto's); None when it is not signed.

    Raises:
        RefusalError: half of what belongs to a signature is there.
    """
    header, query = request.environ.get("HTTP_AUTHORIZATION"), request.environ.get("QUERY_STRING", "")
    in_query = _IN_QUERY.search(query) is not None and any(name in request.args for name in _SHOWS)
    if header is not None and in_query:
        raise RefusalError(Fault.MALFORMED, "Only one auth mechanism allowed; only the X-Amz-Algorithm query "
            "parameter, Signature query string parameter or the Authorization header should be specified")  # fmt: skip
    if header is not None:
        return _of_header(request, header)
    if in_query:
        return _of_url(request.args)
    if request.method == "POST" and request.mimetype == "multipart/form-data":
        return _of_form({name.lower(): value for name, value in request.form.items()})
    return None


def _of_header(request: Any, header: str) -> Presented:
    token = request.environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
    if found := _V2.fullmatch(header.strip()):
        when = "" if "HTTP_X_AMZ_DATE" in request.environ else request.environ.get("HTTP_DATE", "")
        return Presented(Place.HEADER, 2, found[1], found[2], token, time=when)
    told = _V4.fullmatch(header.strip())
    parts = dict(part.strip().partition("=")[::2] for part in told[1].split(",")) if told else {}
    scope = _SCOPE.fullmatch(parts.get("Credential", ""))
    if scope is None or not parts.get("SignedHeaders") or not parts.get("Signature"):
        raise RefusalError(Fault.MALFORMED, "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' "
            f"parameter. Authorization={header.partition(' ')[0]}")  # fmt: skip
    return Presented(
        Place.HEADER,
        4,
        scope[1],
        parts["Signature"],
        token,
        region=scope[3],
        service=scope[4],
        signed=tuple(parts["SignedHeaders"].lower().split(";")),
        time=request.environ.get("HTTP_X_AMZ_DATE") or _stamp(request.environ.get("HTTP_DATE", "")),
    )


def _stamp(date: str) -> str:
    try:
        return datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %Z").strftime(STAMP)
    except ValueError:
        return date


def _of_url(args: Any) -> Presented:
    if "X-Amz-Signature" in args or "X-Amz-Credential" in args:
        scope = _SCOPE.fullmatch(args.get("X-Amz-Credential", ""))
        stamp, seconds = args.get("X-Amz-Date", ""), args.get("X-Amz-Expires", "")
        made = _instant(stamp)
        if not (scope and made and args.get("X-Amz-Signature") and args.get("X-Amz-SignedHeaders")):
            raise RefusalError(Fault.MALFORMED, "Query-string authentication version 4 requires the "
                "X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
                "X-Amz-Expires parameters.")  # fmt: skip
        return Presented(
            Place.QUERY,
            4,
            scope[1],
            args["X-Amz-Signature"],
            args.get("X-Amz-Security-Token"),
            region=scope[3],
            service=scope[4],
            signed=tuple(args["X-Amz-SignedHeaders"].lower().split(";")),
            time=stamp,
            expires=made + timedelta(seconds=int(seconds)) if re.fullmatch(r"[0-9]{1,6}", seconds) else None,
        )
    expires = args.get("Expires", "")
    if not ("AWSAccessKeyId" in args and "Signature" in args and re.fullmatch(r"[0-9]{1,11}", expires)):
        raise RefusalError(
            Fault.DENIED, "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )
    token = next((value for name, value in args.items() if name.lower() == "x-amz-security-token"), None)
    over = datetime.fromtimestamp(int(expires), UTC)
    return Presented(Place.QUERY, 2, args["AWSAccessKeyId"], args["Signature"], token, time=expires, expires=over)


def _of_form(fields: dict[str, str]) -> Presented | None:
    if "policy" not in fields:
        return None
    token = fields.get("x-amz-security-token")
    if "x-amz-credential" in fields or "x-amz-signature" in fields:
        scope = _SCOPE.fullmatch(fields.get("x-amz-credential", ""))
        signature = fields.get("x-amz-signature")
        if scope is None or not signature:
            raise _lacks("X-Amz-Credential" if scope is None else "X-Amz-Signature")
        when = fields.get("x-amz-date", "")
        return Presented(Place.FORM, 4, scope[1], signature, token, region=scope[3], service=scope[4], time=when)
    key, signature = fields.get("awsaccesskeyid"), fields.get("signature")
    if not key or not signature:
        raise _lacks("Signature" if key else "AWSAccessKeyId")
    return Presented(Place.FORM, 2, key, signature, token)


def _lacks(field: str) -> RefusalError:
    told = f"Bucket POST must contain a field named '{field}'."
    return RefusalError(Fault.MALFORMED, f"{told}  If it is specified, please check the order of the fields.")


def _instant(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
