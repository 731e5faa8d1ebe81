"""What a request shows of its signer, and half of it."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core.request import Request

from localcloud.iam.faults import Fault, RefusalError
from localcloud.iam.presented import Place, Presented, presented

SCOPE = "AKIA1/20260101/us-east-1/s3/aws4_request"
V4 = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature=ab"


def asked(query: str = "", body: bytes = b"", kind: str = "", method: str = "GET", **headers: str) -> Any:
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": "/", "QUERY_STRING": query, "SERVER_NAME": "localhost",
        "SERVER_PORT": "1", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": kind,
    }  # fmt: skip
    return Request({**environ, **{f"HTTP_{name}": value for name, value in headers.items()}})


READ = {
    V4: (4, "AKIA1", "ab"),
    V4.replace(", ", ","): (4, "AKIA1", "ab"),
    V4.replace("Credential", " Credential"): (4, "AKIA1", "ab"),
    f"AWS4-HMAC-SHA256 Signature=ab, SignedHeaders=Host, Credential={SCOPE}": (4, "AKIA1", "ab"),
    "AWS AKIA1:a+b/c=": (2, "AKIA1", "a+b/c="),
}


@pytest.mark.parametrize("header", READ)
def test_headers(header: str) -> None:
    found = presented(asked(AUTHORIZATION=header, X_AMZ_DATE="20260101T000000Z", X_AMZ_SECURITY_TOKEN="t"))
    assert found is not None
    assert (found.version, found.key, found.signature) == READ[header]
    assert (found.place, found.token) == (Place.HEADER, "t")
    if found.version == 4:
        assert (found.region, found.service, found.time) == ("us-east-1", "s3", "20260101T000000Z")


@pytest.mark.parametrize(
    "header",
    [
        "", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", f"AWS4-HMAC-SHA256 Credential={SCOPE}", "Bearer x", "AWS x",
        V4.replace("ab", ""), V4.replace("/aws4_request", ""), V4.replace("20260101", "today"), V4.replace("AKIA1", ""),
        V4.replace("SignedHeaders=host;x-amz-date, ", ""), V4.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        V4.replace("/us-east-1", ""), "AWS4-HMAC-SHA256 a=b=c,,=",
    ],
)  # fmt: skip
def test_half_a_header(header: str) -> None:
    with pytest.raises(RefusalError) as refused:
        presented(asked(AUTHORIZATION=header))
    assert refused.value.fault is Fault.MALFORMED


def test_a_date_of_the_web() -> None:
    found = presented(asked(AUTHORIZATION=V4, DATE="Mon, 09 Sep 2011 23:36:00 GMT"))
    assert found is not None
    assert found.time == "20110909T233600Z"


def test_nothing_is_nobody() -> None:
    assert presented(asked()) is None
    assert presented(asked("list-type=2&prefix=Signature")) is None
    form = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n--x--\r\n'
    assert presented(asked("", form, "multipart/form-data; boundary=x", "POST")) is None


def outcome(request: Any) -> Fault | Presented | None:
    try:
        return presented(request)
    except RefusalError as refusal:
        return refusal.fault


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_no_header_breaks_it(text: str) -> None:
    for header in (text, f"AWS {text}", f"AWS4-HMAC-SHA256 {text}", f"AWS4-HMAC-SHA256 Credential={text}, {text}"):
        found = outcome(asked(AUTHORIZATION=header, DATE=text, X_AMZ_DATE=text))
        assert found is Fault.MALFORMED or isinstance(found, Presented)


SHOWS = ("X-Amz-Signature", "X-Amz-Credential", "AWSAccessKeyId", "Signature")
PARAMETERS = st.dictionaries(
    st.sampled_from([*SHOWS, "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "Expires"]),
    st.one_of(st.sampled_from([SCOPE, "20260101T000000Z"]), st.from_regex(r"[a-zA-Z0-9%/ -]{0,12}", fullmatch=True)),
)


@given(PARAMETERS)
def test_no_url_breaks_it(parameters: dict[str, str]) -> None:
    found = outcome(asked("&".join(f"{name}={value}" for name, value in parameters.items())))
    assert (found is None) == (not set(parameters) & set(SHOWS))
    assert not isinstance(found, Fault) or found in (Fault.MALFORMED, Fault.DENIED)
