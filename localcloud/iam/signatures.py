"""Whether a request's signature is that of the secret which belongs to its access key.

Made again by botocore's own signers from what arrived, and compared.
"""

import hmac
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from botocore.auth import HmacV1Auth, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest, HTTPHeaders
from botocore.credentials import Credentials
from moto.s3.responses import S3Response
from moto.s3.utils import bucket_name_from_url

from localcloud.cloud import current
from localcloud.iam.presented import Place, Presented

_PATHS_AS_THEY_ARE = ("s3", "s3-object-lambda", "s3-outposts", "s3express")  # others are encoded once more
_UNRESERVED = "-_.~"
_MAY_BE_UNSIGNED = ("x-amz-content-sha256",)  # AWS takes it on presigned URLs that do not cover it
_UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


def is_valid(request: Any, shown: Presented, secret: str) -> bool:
    """Whether ``shown``, of this request (moto's), was made with ``secret``."""
    if shown.place is Place.FORM:
        wanted: Iterable[str] = [_of_policy(_policy(request), shown, secret)]
    elif shown.version == 2:
        wanted = _version_2(request, shown, secret)
    else:
        paths = _paths(_text(request.raw_path), shown)
        wanted = (_version_4(request, shown, secret, path, host) for path in paths for host in _hosts(request))
    return any(hmac.compare_digest(item.encode(), shown.signature.encode()) for item in wanted)


def unsigned(request: Any, shown: Presented) -> list[str]:
    """Headers that mean something to S3 and that the signature does not cover."""
    if shown.version != 4 or shown.service != "s3" or shown.place is Place.FORM:
        return []
    names = sorted(name.lower() for name, _ in request.headers)
    return [
        name
        for name in names
        if name.startswith("x-amz-") and name not in shown.signed and name not in _MAY_BE_UNSIGNED
    ]


def _paths(raw: str, shown: Presented) -> list[str]:
    """As it came; and, for S3, with what the client left unencoded encoded as S3 does."""
    if shown.service not in _PATHS_AS_THEY_ARE:
        return [raw]
    return list(dict.fromkeys([raw, quote(unquote(raw), safe=f"/{_UNRESERVED}")]))


def _text(raw: str) -> str:
    """What WSGI has as the characters of its bytes, https://peps.python.org/pep-3333/#unicode-issues."""
    return raw.encode("latin-1").decode(errors="replace")


def _hosts(request: Any) -> list[str]:
    """As it came; and the name that engines signed for, where a proxy stands between them and the cloud."""
    return list(dict.fromkeys([request.host, urlsplit(current().engines_endpoint).netloc]))


def _version_4(request: Any, shown: Presented, secret: str, path: str, host: str) -> str:
    signer = _signer(shown, secret)
    signed = HTTPHeaders()
    for name in shown.signed:
        value = host if name == "host" else request.headers.get(name)  # `getlist` goes through all headers
        if value is not None:
            signed[name] = value
    signer.headers_to_sign = lambda _: signed
    query = _canonical(request.query_string.decode(errors="replace"), without="X-Amz-Signature")
    copy = AWSRequest(request.method, f"http://{host}{path}?{query}", data=_body(request))
    copy.context["timestamp"] = shown.time
    payload = request.headers.get("X-Amz-Content-SHA256")
    if payload is None and shown.place is Place.QUERY and shown.service in _PATHS_AS_THEY_ARE:
        payload = _UNSIGNED_PAYLOAD
    if payload is not None:
        copy.headers["X-Amz-Content-SHA256"] = payload
    return str(signer.signature(signer.string_to_sign(copy, signer.canonical_request(copy)), copy))


def _signer(shown: Presented, secret: str) -> Any:
    kind = S3SigV4Auth if shown.service in _PATHS_AS_THEY_ARE else SigV4Auth
    return kind(Credentials(shown.key, secret), shown.service, shown.region)


def _canonical(query: str, without: str) -> str:
    """Encoded as AWS encodes it, whatever the client left as it was."""
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    return "&".join(
        f"{quote(unquote(name), safe=_UNRESERVED)}={quote(unquote(value), safe=_UNRESERVED)}"
        for name, value in pairs
        if name != without
    )


def _body(request: Any) -> bytes:
    """Only read where the signature covers it and no header tells its hash."""
    return b"" if "X-Amz-Content-SHA256" in request.headers else request.get_data(cache=True)


def _version_2(request: Any, shown: Presented, secret: str) -> list[str]:
    """Clients end the name of a bucket with a slash or do not."""
    signer = HmacV1Auth(Credentials(shown.key, secret))
    signer._get_date = lambda: shown.time
    split = urlsplit(f"{request.raw_path}?{request.query_string.decode('latin-1')}")
    of_bucket = S3Response.subdomain_based_buckets(request)
    path = f"/{bucket_name_from_url(request.raw_url)}{split.path}" if of_bucket else split.path
    paths = [path] if path.count("/") > 1 else [path, f"{path}/"]
    return [str(signer.get_signature(request.method, split, _headers(request), auth_path=item)) for item in paths]


def _headers(request: Any) -> HTTPHeaders:
    """With those that a URL has as parameters."""
    in_query = {name: value for name, value in request.args.items() if name.lower().startswith("x-amz-")}
    headers = HTTPHeaders()
    for name, value in [*request.headers, *in_query.items()]:
        headers[name] = value
    return headers


def _policy(request: Any) -> str:
    return next((value for name, value in request.form.items() if name.lower() == "policy"), "")


def _of_policy(policy: str, shown: Presented, secret: str) -> str:
    if shown.version == 2:
        return str(HmacV1Auth(Credentials(shown.key, secret)).sign_string(policy))
    copy = AWSRequest()
    copy.context["timestamp"] = shown.time
    return str(_signer(shown, secret).signature(policy, copy))
