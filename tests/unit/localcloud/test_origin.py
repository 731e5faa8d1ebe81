"""Whose requests are answered, from the headers alone."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from localcloud.origin import CLIENT, refusal

PORT = 5577
OWN = f"localhost:{PORT}"
SIGNED = {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/sts/aws4_request"}
EVIL = "evil.example"

OWN_NAMES = (
    OWN, f"LOCALHOST:{PORT}", f"127.0.0.1:{PORT}", f"[::1]:{PORT}", f"bucket.localhost:{PORT}",
    f"my.own_bucket-1.localhost:{PORT}", f"bucket.s3.localhost:{PORT}", f"bucket.s3.us-east-1.localhost:{PORT}",
)  # fmt: skip
AWS_NAMES = (
    "sts.amazonaws.com", f"s3.us-east-1.amazonaws.com:{PORT}", "bucket.s3.amazonaws.com:443",
    "kinesis.cn-north-1.amazonaws.com.cn", "BUCKET.S3.AMAZONAWS.COM:80",
)  # fmt: skip
FOREIGN_NAMES = (
    "", EVIL, f"{EVIL}:{PORT}", f"rebound.{EVIL}:{PORT}", f"localhost.{EVIL}:{PORT}", f"{EVIL}.localhost.:{PORT}",
    "localhost", f"localhost:{PORT + 1}", f"localhost:{PORT}0", f"localhost:0{PORT}0", "localhost:", "localhost:x",
    f"localhost:{PORT},localhost:{PORT}", f"localhost:{PORT}@{EVIL}", f"{EVIL}@localhost:{PORT}", f"xlocalhost:{PORT}",
    f"local host:{PORT}", f"localhost/:{PORT}", f".localhost:{PORT}", f"a..localhost:{PORT}", f"localhost#:{PORT}",
    f"127.0.0.1.{EVIL}:{PORT}", f"127.0.0.2:{PORT}", f"0.0.0.0:{PORT}", f"[::]:{PORT}", f"::1:{PORT}",
    f"0x7f.1:{PORT}", f"2130706433:{PORT}", f"127.1:{PORT}", f"127.0.0.1:{PORT + 1}", f"localtest.me:{PORT}",
    f"\uff4cocalhost:{PORT}", "localhost:\uff15\uff1577", "amazonaws.com.evil.example", f"evilamazonaws.com:{PORT}",
    f"localhost:{PORT}\n{EVIL}", "sts.amazonaws.com:8080",
)  # fmt: skip


def asked(method: str = "GET", path: str = "/", query: str = "", host: str = OWN, **headers: str) -> str | None:
    """What is told to a request; headers by their names in WSGI, less HTTP_."""
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": host}
    return refusal({**environ, **{f"HTTP_{name}": value for name, value in headers.items()}}, PORT)


@pytest.mark.parametrize("host", OWN_NAMES)
def test_own_names_are_answered(host: str) -> None:
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"):
        assert asked(method, host=host) is None


@pytest.mark.parametrize("host", AWS_NAMES)
def test_names_of_aws_are_answered_to_clients_that_sign(host: str) -> None:
    assert asked(host=host, AUTHORIZATION="AWS4-HMAC-SHA256 Credential=a/b/c/d/e") is None
    assert asked(host=host, query="X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00") is None
    assert asked(host=host, query="AWSAccessKeyId=a&Signature=b&Expires=1") is None
    assert asked(host=host) is not None
    assert asked(host=host, query="NoSignature=1") is not None


@pytest.mark.parametrize("host", FOREIGN_NAMES)
def test_other_names_are_refused_with_those_to_use(host: str) -> None:
    for more in ({}, {"AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=a/b/c/d/e"}):
        told = asked(host=host, **more)
        assert told is not None
        assert f"http://localhost:{PORT}" in told


def test_a_port_that_browsers_leave_out() -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "localhost"}
    assert refusal(environ, 80) is None
    assert refusal(environ, 443) is not None


PAGES: tuple[dict[str, str], ...] = (
    *({"ORIGIN": origin} for origin in (
        f"http://{EVIL}", f"https://{EVIL}", "null", "", f"https://{OWN}", "http://localhost", "http://localhost:3000",
        f"http://127.0.0.1:{PORT}", f"http://bucket.localhost:{PORT}", f"http://{OWN}.{EVIL}", f"http://{OWN}/",
        f"http://{OWN},http://{EVIL}", f"http://{EVIL},http://{OWN}", OWN, "file://", "chrome-extension://abc", "*",
    )),
    *({"SEC_FETCH_SITE": site} for site in ("cross-site", "same-site", "", "Cross-Site", "none,cross-site", "new")),
    {"ORIGIN": f"http://{OWN}", "SEC_FETCH_SITE": "same-site"},
    {"ORIGIN": f"http://{EVIL}", "SEC_FETCH_SITE": "same-origin"},
)  # fmt: skip


@pytest.mark.parametrize("headers", PAGES)
def test_pages_of_other_origins_are_refused(headers: dict[str, str]) -> None:
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"):
        for path in ("/", "/bucket/key", "/endpoints/e/invocations", "/moto-api/reset", "/2015-03-31/functions"):
            told = asked(method, path, **headers, AUTHORIZATION="AWS4-HMAC-SHA256 Credential=a", X_LOCAL_CLOUD="1")
            assert told is not None
            assert "web page" in told


@pytest.mark.parametrize(
    "referer", [f"http://{EVIL}/", f"http://{EVIL}/{OWN}", "", "x", "http://[", f"https://{OWN}.x/"]
)
def test_a_foreign_referer_may_read_only(referer: str) -> None:
    """Bucket policies know it, for reads: aws:Referer."""
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert asked(method, REFERER=referer) is not None
    assert asked("GET", REFERER=referer) is None
    assert asked("POST", REFERER=f"http://{OWN}/page") is None


def test_what_a_person_types_is_answered() -> None:
    assert asked(SEC_FETCH_SITE="none") is None
    assert asked(SEC_FETCH_SITE="same-origin", ORIGIN=f"http://{OWN}") is None
    assert asked("POST", host=f"LocalHost:{PORT}", ORIGIN=f"http://LOCALHOST:{PORT}") is None


def test_pages_about_the_cloud_need_a_header_that_pages_cannot_send() -> None:
    ((name, value),) = CLIENT.items()
    sent: Any = {name.upper().replace("-", "_"): value}
    for path in (
        "/moto-api/reset",
        "/moto-api/iam",
        "/moto-api/",
        "/moto-api",
        "/moto-api/data.json",
        "/moto-api/seed",
    ):
        for method in ("GET", "POST"):
            assert asked(method, path, **sent) is None
            told = asked(method, path)
            assert told is not None
            assert f"{name}: {value}" in told
    assert asked("POST", "/bucket/moto-api/reset") is None


LABEL = st.from_regex(r"[a-z0-9_-]{1,20}", fullmatch=True)


@given(st.lists(LABEL, max_size=4), st.integers(0, 65535))
def test_every_bucket_name_has_a_host(labels: list[str], port: int) -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": f"{'.'.join([*labels, 'localhost'])}:{port}"}
    assert refusal(environ, port) is None


@given(st.one_of(st.text(), st.from_regex(r"[a-z0-9.:\[\]@/#%-]{0,30}(localhost|127\.0\.0\.1)[^ ]{0,20}")))
def test_no_text_passes_for_a_name_but_own_ones(text: str) -> None:
    """A Host that passes is one that a browser sends to this machine only: the URL's host is a loopback name."""
    told = asked(host=text)
    name, _, port = text.lower().rpartition(":")
    loopback = name.isascii() and (name in ("localhost", "127.0.0.1", "[::1]") or name.endswith(".localhost"))
    assume(told is None or not (loopback and port == str(PORT)))
    if told is None:
        assert loopback
        assert int(port) == PORT
        assert not set(name) & set("/@#?%\\ ,;")


@given(st.text())
def test_no_origin_passes_but_the_own_one(text: str) -> None:
    assert (asked("POST", ORIGIN=text) is None) == (text.lower() == f"http://{OWN}")
    assert asked("POST", ORIGIN=f"http://{text}.{OWN}") is not None


@given(st.text())
def test_no_text_breaks_the_check(text: str) -> None:
    asked("POST", path=f"/{text}", query=text, host=text, ORIGIN=text, REFERER=text, SEC_FETCH_SITE=text)
    asked("POST", REFERER=text)
