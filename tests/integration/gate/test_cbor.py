"""RPC v2 CBOR, which SDKs of other languages choose for CloudWatch, with botocore's own encoder and decoder."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer

from localcloud import LocalCloud
from localcloud.gate.services import model
from tests.integration.gate.minimal import ask, environ

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def call(cloud: LocalCloud, operation: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    """Status and the parsed answer."""
    of = model("cloudwatch").operation_model(operation)
    sent = RpcV2CBORSerializer().serialize_to_request(parameters, of)
    request = environ("POST", sent["url_path"], "monitoring", headers=dict(sent["headers"]), body=bytes(sent["body"]))
    status, told, body = ask(cloud, request)
    assert told["Content-Type"] == "application/cbor"
    answer = {"status_code": status, "headers": {name.lower(): text for name, text in told.items()}, "body": body}
    return status, RpcV2CBORParser().parse(answer, of.output_shape)


def test_what_is_put_is_read_back(cloud: LocalCloud) -> None:
    data = [{"MetricName": "m", "Timestamp": NOON, "Value": value, "Unit": "Count"} for value in (1.0, 2.5)]
    status, _ = call(cloud, "PutMetricData", Namespace="probe", MetricData=data)
    assert status == 200
    status, listed = call(cloud, "ListMetrics", Namespace="probe")
    assert (status, [metric["MetricName"] for metric in listed["Metrics"]]) == (200, ["m"])
    window = {"StartTime": NOON, "EndTime": NOON.replace(hour=13), "Period": 3600, "Statistics": ["Sum"]}
    status, told = call(cloud, "GetMetricStatistics", Namespace="probe", MetricName="m", **window)
    assert [(point["Timestamp"], point["Sum"]) for point in told["Datapoints"]] == [(NOON, 3.5)]


@pytest.mark.parametrize(
    ("operation", "parameters", "status", "code"),
    [
        ("SetAlarmState", {"AlarmName": "a", "StateReason": "r", "StateValue": "X"}, 400, "ValidationError"),
        ("SetAlarmState", {"AlarmName": "none", "StateReason": "r", "StateValue": "OK"}, 404, "ResourceNotFound"),
        ("PutMetricData", {"MetricData": []}, 400, "ValidationError"),
        ("PutAnomalyDetector", {}, 501, "NotImplemented"),
    ],
)
def test_an_error_is_one_in_cbor(
    session_cloud: LocalCloud, operation: str, parameters: dict[str, Any], status: int, code: str
) -> None:
    found, answer = call(session_cloud, operation, **parameters)
    assert (found, answer["Error"]["Code"]) == (status, code)
    assert answer["Error"]["Message"]
