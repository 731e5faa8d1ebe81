"""A page of another origin, in a real browser, can neither read, create nor reset anything in the local cloud.

The same page succeeds against the same cloud behind moto's own server, which has no guard: so the test would see it.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from moto.moto_server import werkzeug_app
from werkzeug.serving import make_server

from localcloud import LocalCloud, origin
from tests.integration.browser.chromium import QUIET, browser
from tests.integration.browser.evil import REBOUND, Evil

OBJECTS = {
    "secret.txt": ("text/plain", "SECRET"),
    "image.svg": ("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="77" height="7"/>'),
    "data.js": ("text/javascript", "window.leak = 'SECRET'"),
    "style.css": ("text/css", "body { --leak: SECRET }"),
    "frame.html": ("text/html", "<script>parent.postMessage('SECRET', '*')</script>"),
    "victim": ("text/plain", ""),
    "plain-victim": ("text/plain", ""),
}
ASKED = {
    ("GET", "/"), ("GET", "/lake/data.js"), ("POST", "/"), ("POST", "/lake"), ("POST", "/endpoints/none/invocations"),
    ("POST", "/moto-api/reset"), ("OPTIONS", "/"), ("OPTIONS", "/lake/made-by-fetch"), ("PUT", "/lake/made-by-fetch"),
}  # fmt: skip
READS = {"fetch", "object", "pages", "image", "script", "style", "frame"}  # what the page gets if it may


@pytest.fixture
def evil() -> Iterator[Evil]:
    server = Evil()
    yield server
    server.close()


@pytest.fixture
def mark(cloud: LocalCloud, tmp_path: Path) -> Path:
    """A cloud with something in it; the file that exists when code of the page ran."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="lake")
    for key, (kind, body) in OBJECTS.items():
        s3.put_object(Bucket="lake", Key=key, Body=body.encode(), ContentType=kind, ACL="public-read")
    return tmp_path / "ran"


def template(mark: Path) -> str:
    """A stack that runs code when it is created."""
    body = f"    pathlib.Path({str(mark)!r}).touch()\n    raise SystemExit\n"
    code = f"import pathlib\ndef handler(event, context):\n{body}"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    function = {"Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": code}}
    return json.dumps(
        {
            "Resources": {
                "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}},
                "F": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {**function, "Role": {"Fn::GetAtt": ["R", "Arn"]}},
                },
                "X": {"Type": "Custom::X", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}}},
            }
        }
    )


def origins(evil: Evil, port: int, mark: Path, **query: str) -> list[tuple[str, dict[str, str]]]:
    """Where the page is shown from, with its query."""
    given = {"target": f"http://localhost:{port}", "template": template(mark), **query}
    return [
        (f"http://evil.example:{evil.port}", given),
        (f"http://localhost:{evil.port}", given),
        (f"http://evil.example:{evil.port}", {**given, "null": "1"}),
        (f"http://{REBOUND}:{port}", {**given, "target": f"http://{REBOUND}:{port}"}),
    ]


def visit(evil: Evil, pages: list[tuple[str, dict[str, str]]], folder: Path) -> dict[str, dict[str, Any]]:
    """Let the browser show the page from one origin after the other; what each could read, by origin."""
    address = f"http://evil.example:{evil.port}/done"
    for page, query in reversed(pages):
        address = f"{page}/page.html?{urlencode({**query, 'next': address})}"
    proxy = f'host == "{REBOUND}" ? "PROXY 127.0.0.1:{evil.port}" : "DIRECT"'
    script = quote(f"function FindProxyForURL(url, host) {{ return {proxy} }}")
    command = [
        browser(), *QUIET, f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP evil.example 127.0.0.1",
        f"--proxy-pac-url=data:application/x-ns-proxy-autoconfig,{script}", address,
    ]  # fmt: skip
    evil.done.clear()
    evil.reports.clear()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        assert evil.done.wait(120), f"the pages did not end; told so far: {evil.reports}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return dict(evil.reports)


def state(cloud: LocalCloud) -> dict[str, Any]:
    """What a page could have changed."""
    s3 = cloud.client("s3")
    buckets = {item["Name"] for item in s3.list_buckets()["Buckets"]}
    keys = (
        [item["Key"] for item in s3.list_objects_v2(Bucket="lake").get("Contents", ())] if "lake" in buckets else []
    )
    stacks = [item["StackName"] for item in cloud.client("cloudformation").describe_stacks()["Stacks"]]
    return {"buckets": buckets, "keys": set(keys), "stacks": stacks}


def test_a_page_can_do_nothing(
    cloud: LocalCloud, evil: Evil, mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[tuple[str, str, str]] = []
    refusal = origin.refusal

    def counted(environ: Any, port: int) -> str | None:
        why = refusal(environ, port)
        if why is not None:
            refused.append((environ["HTTP_HOST"], environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        return why

    monkeypatch.setattr(origin, "refusal", counted)
    before = state(cloud)
    told = visit(evil, origins(evil, cloud.port, mark, reset="yes"), tmp_path)
    assert set(told) == {
        f"http://evil.example:{evil.port}", f"http://localhost:{evil.port}", "null", f"http://{REBOUND}:{cloud.port}"
    }  # fmt: skip
    rebound = told.pop(f"http://{REBOUND}:{cloud.port}")
    assert list(told.values()) == [{}, {}, {}]
    assert {name: text for name, text in rebound.items() if "SECRET" in text or "width" in text} == {}
    assert all("does not answer to the name rebound.example" in text for text in rebound.values())
    assert state(cloud) == before
    assert not mark.exists()
    assert {(method, path) for _, method, path in refused} >= ASKED, "it did try"


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of the same cloud behind moto's own server."""
    monkeypatch.setattr(werkzeug_app, "DISABLE_GLOBAL_CORS", False)
    moto = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    handler = type("Quiet", (werkzeug_app.MotoRequestHandler,), {"log_request": lambda *_: None})
    server = make_server("localhost", 0, moto, threaded=True, request_handler=handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_without_the_guard_it_can(cloud: LocalCloud, evil: Evil, mark: Path, tmp_path: Path, unguarded: int) -> None:
    told = visit(evil, origins(evil, unguarded, mark), tmp_path)
    rebound = told.pop(f"http://{REBOUND}:{unguarded}")
    assert "Stack [evil] already exists" in rebound["stack"], "its bucket is another: moto reads that from the name"
    assert {page: READS - set(got) for page, got in told.items()} == {page: set() for page in told}
    assert all("SECRET" in got["object"] for got in told.values())
    assert mark.exists(), "the stack ran its code"
    found = state(cloud)
    assert found["stacks"] == ["evil"]
    assert {"made-by-fetch", "made-by-form"} <= found["keys"]
    assert not {"victim", "plain-victim"} & found["keys"]


def test_without_the_guard_it_can_reset(
    cloud: LocalCloud, evil: Evil, mark: Path, tmp_path: Path, unguarded: int
) -> None:
    visit(evil, origins(evil, unguarded, mark, reset="yes")[:1], tmp_path)
    assert state(cloud)["buckets"] == set()
