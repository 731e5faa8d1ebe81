"""Node functions: what CDK's custom resources are made of."""

import base64
import json
from collections.abc import Callable
from typing import Any

from localcloud import LocalCloud

Deploy = Callable[..., str]
Call = Callable[..., tuple[Any, str | None]]
Zipped = Callable[[dict[str, str]], bytes]
NODE = {"Runtime": "nodejs22.x", "Timeout": 30}

# In the manner of CDK's Custom::S3AutoDeleteObjects: the SDK of the runtime, and an answer by https without a port.
CUSTOM_RESOURCE = """
const { S3 } = require("@aws-sdk/client-s3");
const https = require("https");
exports.handler = async (event) => {
  const s3 = new S3({});
  const listed = await s3.listObjectsV2({ Bucket: event.Bucket });
  await s3.deleteObjects({ Bucket: event.Bucket, Delete: { Objects: listed.Contents.map((o) => ({ Key: o.Key })) } });
  const url = new URL(event.ResponseURL);
  const body = JSON.stringify({ Status: "SUCCESS" });
  await new Promise((resolve, reject) => {
    const headers = { "content-length": body.length };
    const options = { hostname: url.hostname, path: url.pathname, method: "PUT", headers };
    const request = https.request(options, (r) => (r.statusCode < 400 ? resolve() : reject(new Error(r.statusCode))));
    request.on("error", reject);
    request.end(body);
  });
};
"""


def test_a_custom_resource_uses_the_sdk_and_answers(
    deploy: Deploy, call: Call, cloud: LocalCloud, zipped: Zipped
) -> None:
    s3 = cloud.client("s3")
    for bucket in ("full-bucket", "answers"):
        s3.create_bucket(Bucket=bucket)
    for key in ("a", "b/c"):
        s3.put_object(Bucket="full-bucket", Key=key, Body=b"x")
    name = deploy("", Code={"ZipFile": zipped({"index.js": CUSTOM_RESOURCE})}, **NODE)
    event = {"Bucket": "full-bucket", "ResponseURL": f"{cloud.endpoint}/answers/response"}
    assert call(name, event) == (None, None)
    assert "Contents" not in s3.list_objects_v2(Bucket="full-bucket")
    answer = s3.get_object(Bucket="answers", Key="response")["Body"].read()
    assert json.loads(answer) == {"Status": "SUCCESS"}


def test_errors_callbacks_logs_and_modules(deploy: Deploy, call: Call, cloud: LocalCloud, zipped: Zipped) -> None:
    common = "exports.fails = async () => { throw new RangeError('too far'); };\n"
    common += (
        "exports.calls = (event, context, callback) => setTimeout(() => callback(null, context.functionName), 5);\n"
    )
    common += "exports.logs = async (e) => { console.log('seen', e.n); return e.n; };\n"
    common += "exports.stuck = async () => { for (;;); };\n"
    files = {"index.js": common, "esm.mjs": "export const handler = async (e) => e.n + 1;\n"}
    package = {"ZipFile": zipped(files)}
    handlers = {name: f"index.{name}" for name in ("fails", "calls", "logs", "stuck", "none")} | {
        "esm": "esm.handler"
    }
    for name, handler in handlers.items():
        properties = NODE | {"Handler": handler, "Code": package, "Timeout": 1 if name == "stuck" else 30}
        deploy("", name, **properties)
    failed, error = call("fails")
    assert (error, failed["errorType"], failed["errorMessage"]) == ("Unhandled", "RangeError", "too far")
    assert call("calls")[0] == "calls"
    assert call("esm", {"n": 1})[0] == 2
    assert call("none")[0]["errorType"] == "Runtime.HandlerNotFound"
    assert call("stuck")[0]["errorType"] == "Sandbox.Timedout"
    answer = cloud.client("lambda").invoke(FunctionName="logs", Payload=b'{"n": 3}', LogType="Tail")
    assert "\tINFO\tseen 3\n" in base64.b64decode(answer["LogResult"]).decode()


def test_a_large_event_arrives_whole(deploy: Deploy, call: Call, zipped: Zipped) -> None:
    code = {"ZipFile": zipped({"index.js": "exports.handler = async (e) => e.length;"})}
    assert call(deploy("", Code=code, **NODE), "é" * 900_000)[0] == 900_000
