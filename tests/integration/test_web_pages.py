"""What a browser sends for a web page is refused on the cloud's port, in every protocol and on every path."""

import http.client
import re
import socket
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud import LocalCloud

EVIL = "http://evil.example"
CLIENTS = ("sts", "dynamodb", "lambda", "s3", "ec2", "sqs", "sagemaker-runtime", "route53")
CALLS: dict[str, Any] = {
    "sts": lambda client: client.get_caller_identity(),
    "dynamodb": lambda client: client.list_tables(),
    "lambda": lambda client: client.list_functions(),
    "s3": lambda client: client.list_buckets(),
    "ec2": lambda client: client.describe_vpcs(),
    "sqs": lambda client: client.list_queues(),
    "sagemaker-runtime": lambda client: client.invoke_endpoint(EndpointName="e", Body=b"1"),
    "route53": lambda client: client.list_hosted_zones(),
}


def as_browser(cloud: LocalCloud, service: str, **headers: str) -> Any:
    """A client whose requests have more headers."""
    client = boto3.client(service, endpoint_url=cloud.endpoint)
    client.meta.events.register("before-send", lambda request, **_: request.headers.update(headers))
    return client


@pytest.mark.parametrize("service", CLIENTS)
def test_a_page_is_refused_in_the_protocol_of_the_service(session_cloud: LocalCloud, service: str) -> None:
    for headers in ({"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        with pytest.raises(ClientError) as caught:
            CALLS[service](as_browser(session_cloud, service, **headers))
        answer = caught.value.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert answer["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
        assert re.search("web page|does not answer to the name", answer["Error"]["Message"])


def asked(cloud: LocalCloud, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("localhost", cloud.port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_no_answer_lets_a_page_read_it(cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="lake")
    rule = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket="lake", CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket="lake", Key="a", Body=b"1", ACL="public-read")
    for method, path in (("OPTIONS", "/"), ("OPTIONS", "/lake/a"), ("GET", "/lake/a"), ("GET", "/"), ("POST", "/")):
        answer = asked(
            cloud,
            method,
            path,
            Origin=EVIL,
            Access_Control_Request_Method="PUT",
            Access_Control_Request_Headers="authorization",
        )
        assert answer.status == 403
        assert not [name for name, _ in answer.getheaders() if name.lower().startswith("access-control")]
    own = asked(cloud, "GET", "/", Origin=f"http://localhost:{cloud.port}")
    assert own.status == 200
    assert "Access-Control-Allow-Origin" not in own.headers, "of moto's own, which is for all origins"


def test_an_object_that_is_a_page_has_no_scripts_and_no_origin(cloud: LocalCloud) -> None:
    """Else what somebody put into a bucket could call everything: its origin would be the cloud's."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="a.html", Body=b"<script>", ContentType="text/html", ACL="public-read")
    shown = asked(cloud, "GET", "/lake/a.html", Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate")
    assert (shown.status, shown.headers["Content-Security-Policy"]) == (200, "sandbox")
    assert "Content-Security-Policy" not in asked(cloud, "GET", "/lake/a.html").headers


@pytest.mark.parametrize(
    "path", ["/moto-api/reset", "/moto-api/iam", "/moto-api/data.json", "/moto-api/", "/moto-api/seed?a=1"]
)
def test_pages_about_the_cloud_are_for_its_own_clients(cloud: LocalCloud, path: str) -> None:
    cloud.client("s3").create_bucket(Bucket="lake")
    for method in ("GET", "POST"):
        for headers in ({}, {"Content_Type": "application/x-www-form-urlencoded"}, {"Sec_Fetch_Site": "none"}):
            assert asked(cloud, method, path, b"a=b", **headers).status == 403
        assert asked(cloud, method, path, X_Local_Cloud="1", Origin=EVIL).status == 403
    assert len(cloud.client("s3").list_buckets()["Buckets"]) == 1


def test_forms_are_no_malformed_requests(cloud: LocalCloud) -> None:
    """Python's parser of headers misses the parts of a body that it was not given."""
    cloud.client("s3").create_bucket(Bucket="lake")
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = f"{part.format('key', 'k')}{part.format('file', 'content')}--x--\r\n".encode()
    assert asked(cloud, "POST", "/lake", body, Content_Type="multipart/form-data; boundary=x").status == 204
    assert cloud.client("s3").get_object(Bucket="lake", Key="k")["Body"].read() == b"content"


def spoken(cloud: LocalCloud, text: bytes) -> bytes:
    """The answer to bytes, to the end of the connection."""
    with socket.create_connection(("localhost", cloud.port), timeout=20) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        answer = bytearray()
        try:
            while part := connection.recv(65536):
                answer += part
        except ConnectionResetError:  # it did not wait for all of a line that is too long
            pass
        return bytes(answer)


ROUTES = ("/", "/endpoints/none/invocations")  # moto's, and one of an engine, whose connections stay open
HEADS: dict[bytes, int] = {
    b"garbage": 400,
    b"GET": 400,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc": 400,
    b"GET %s HTTP/x": 400,
    b"GET %s HTTP/1.1 x": 400,
    b"PRI * HTTP/2.0": 505,
    b"GET http://[::1%s HTTP/1.1\r\nHost: @": 400,
    b"GET %s HTTP/1.1\r\nHost: @\r\nno colon": 400,
    b"GET %s HTTP/1.1\r\nno colon\r\nHost: @\r\nOrigin: http://evil.example": 400,
    b"GET %s HTTP/1.1\r\nHost : @": 400,
    b"GET %s HTTP/1.1\r\nHost: @\r\nContent-Length: x": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nContent-Length: -5": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nContent-Length: +5": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nContent-Length: 1_0": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nContent-Length: ": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nContent-Length: 9999999999999999999999": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nContent-Length: 1\r\nContent-Length: 2": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nContent-Length: 1\r\nTransfer-Encoding: chunked": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: gzip": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: chunked, chunked": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: chunked\r\n\r\nzz": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: chunked\r\n\r\n-1": 400,
    b"POST %s HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc": 400,
    b"GET %s HTTP/1.1": 403,
    b"GET %s HTTP/1.1\r\nHost: evil.example": 403,
    b"GET http://evil.example%s HTTP/1.1\r\nHost: @": 403,
    b"GET %s HTTP/1.1\r\nHost: @\r\nHost: evil.example": 403,
    b"GET %s HTTP/1.1\r\nHost: @\r\nOrigin: http://evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade": 403,
    b"GET %s" + b"a" * 70_000 + b" HTTP/1.1": 414,
    b"GET %s HTTP/1.1\r\nX: " + b"a" * 70_000: 431,
    b"GET %s HTTP/1.1\r\n" + b"X: y\r\n" * 200: 431,
}


@pytest.mark.parametrize("path", ROUTES)
def test_a_request_that_is_none_gets_one_sentence(
    session_cloud: LocalCloud, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for head, status in HEADS.items():
        text = head.replace(b"%s", path.encode()).replace(b"@", b"localhost:%d" % session_cloud.port)
        answer = spoken(session_cloud, text + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 %d " % status), text[:100]
        body = answer.partition(b"\r\n\r\n")[2]
        assert 10 < len(body) < 400, text[:100]
    assert capfd.readouterr().err == ""


SIGNED = b"Authorization: AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/%s/aws4_request, SignedHeaders=host"
UNKNOWN: tuple[bytes, ...] = (
    b"Authorization: foo",
    b"Authorization: ",
    b"Authorization: AWS4-HMAC-SHA256,x y",
    SIGNED % b"nosuch",
    SIGNED % b"dynamodb",
    SIGNED % b"dynamodb" + b"\r\nX-Amz-Target: DynamoDB.ListTables",
    b"X-Amz-Target: foo",
)


@pytest.mark.parametrize("header", UNKNOWN)
def test_a_request_for_no_service_says_so(
    session_cloud: LocalCloud, header: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = spoken(
        session_cloud, b"POST / HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n\r\n" % (session_cloud.port, header)
    )
    assert re.match(rb"HTTP/1.1 (4..|501) ", answer), answer
    assert b"<html" not in answer.lower()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", ROUTES)
def test_what_is_refused_cannot_hide_another_request(cloud: LocalCloud, path: str) -> None:
    """The body of a page's request is no request: the connection ends with the refusal."""
    hidden = b"PUT /smuggled HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 0\r\n\r\n" % cloud.port
    host = b"Host: localhost:%d" % cloud.port
    for head in (
        b"%s\r\nOrigin: http://evil.example\r\nContent-Length: %d" % (host, len(hidden)),
        b"%s\r\nContent-Length: 0\r\nTransfer-Encoding: chunked" % host,
        b"Host: evil.example\r\nContent-Length: 0",
        b"%s\r\nTransfer-Encoding: chunked\r\n\r\nzz" % host,
    ):
        answer = spoken(cloud, b"POST %s HTTP/1.1\r\n%s\r\n\r\n%s" % (path.encode(), head, hidden))
        assert answer.count(b"HTTP/1.1 ") == 1
    assert cloud.client("s3").list_buckets()["Buckets"] == []


HEADER = st.one_of(
    st.sampled_from([b"Host: @", b"Host: a.@", b"Content-Length: 3", b"Transfer-Encoding: chunked",
                     b"Expect: 100-continue", b"Connection: keep-alive",
                     b"Content-Type: application/json", b"Content-Encoding: gzip"]),
    st.binary(max_size=30).map(lambda noise: b"X-Noise: " + noise.replace(b"\n", b"")),
    st.binary(max_size=30),
)  # fmt: skip


@settings(max_examples=80)
@given(
    st.sampled_from([b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"FOO", b"\xff"]),
    st.sampled_from([b"/", b"*", b"", b"//", b"/%zz", b"/endpoints/e/invocations", b"/\x00", b"http://@/", b"x:y"]),
    st.lists(HEADER, max_size=6),
    st.binary(max_size=20),
)
def test_no_bytes_bring_it_down(
    session_cloud: LocalCloud, method: bytes, path: bytes, headers: list[bytes], body: bytes
) -> None:
    """Whatever comes, it is answered or closed, and the next one is served."""
    text = b"\r\n".join([method + b" " + path + b" HTTP/1.1", *headers]) + b"\r\n\r\n" + body
    answer = spoken(session_cloud, text.replace(b"@", b"localhost:%d" % session_cloud.port))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert b"Traceback" not in answer


def test_nothing_was_logged_meanwhile(session_cloud: LocalCloud, capfd: pytest.CaptureFixture[str]) -> None:
    assert session_cloud.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert capfd.readouterr().err == ""
