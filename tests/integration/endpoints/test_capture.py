"""Data capture: AWS's folders and JSON, readable by the project's own monitor."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from datasets.flights.features import DATASET
from processing.sagemaker.captures import read_captures
from tests.integration.endpoints.hall import BUCKET, Hall, until, variant

BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
HEADERS = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}

# Answers as the project's model does, whatever it is asked
ALWAYS = """
import json
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    if accept == "text/csv":
        return "0.31\\n", "text/csv; charset=utf-8"
    return json.dumps({"predictions": [{"probability": 0.31, "late": False}]}), "application/json"
"""


def config(**more: Any) -> dict[str, Any]:
    given = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": BOTH,
        "CaptureContentTypeHeader": HEADERS,
        **more,
    }
    return {"DataCaptureConfig": {name: value for name, value in given.items() if value is not None}}


def files(hall: Hall) -> list[str]:
    listed = hall.s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/").get("Contents", [])
    return [item["Key"] for item in listed]


def records(hall: Hall, count: int) -> list[dict[str, Any]]:
    """The captured records, when there are as many."""

    def read() -> Iterator[dict[str, Any]]:
        for key in files(hall):
            for line in hall.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode().splitlines():
                yield json.loads(line)

    return until(lambda: found if len(found := list(read())) >= count else None)  # type: ignore[no-any-return]


def test_requests_and_answers_are_captured(hall: Hall) -> None:
    hall.simple(**config())
    told = hall.describe()["DataCaptureConfig"]
    assert told == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "KmsKeyId": "",
    }
    hall.invoke("[1, 2]", InferenceId="2013-04-01/UA/1545/EWR", CustomAttributes="trace=1")
    hall.invoke("1,2", ContentType="text/csv", Accept="text/csv")
    first, second = records(hall, 2)
    metadata = first.pop("eventMetadata")
    answer = first["captureData"]["endpointOutput"].pop("data")
    assert first == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "application/json",
                "mode": "INPUT",
                "data": "[1, 2]",
                "encoding": "JSON",
            },
            "endpointOutput": {"observedContentType": "application/json", "mode": "OUTPUT", "encoding": "JSON"},
        },
        "eventVersion": "0",
    }
    assert json.loads(answer)["sum"] == 30
    assert re.fullmatch(r"[0-9a-f-]{36}", metadata.pop("eventId"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metadata.pop("inferenceTime"))
    assert metadata == {"inferenceId": "2013-04-01/UA/1545/EWR", "customAttributes": ["trace=1"]}
    assert second["captureData"]["endpointOutput"] == {
        "observedContentType": "text/csv; charset=utf-8",
        "mode": "OUTPUT",
        "data": "30.0",
        "encoding": "CSV",
    }
    assert not {"inferenceId", "customAttributes"} & second["eventMetadata"].keys()


def test_files_are_in_folders_of_endpoint_variant_and_hour(hall: Hall) -> None:
    hall.simple(**config(DestinationS3Uri=f"s3://{BUCKET}/capture/"))
    for number in range(20):
        hall.invoke([number])
    records(hall, 20)
    names = files(hall)
    assert len(names) < 20, "a file for each request"
    for name in names:
        assert re.fullmatch(
            r"capture/flights/AllTraffic/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", name
        )


def test_without_content_types_everything_is_base64(hall: Hall) -> None:
    hall.simple(**config(CaptureContentTypeHeader=None))
    hall.invoke("[1, 2]")
    (record,) = records(hall, 1)
    part = record["captureData"]["endpointInput"]
    assert (part["encoding"], base64.b64decode(part["data"])) == ("BASE64", b"[1, 2]")


def test_only_what_is_asked_for_is_captured(hall: Hall) -> None:
    hall.simple(**config(CaptureOptions=[{"CaptureMode": "Input"}]))
    hall.invoke([1])
    (record,) = records(hall, 1)
    assert record["captureData"].keys() == {"endpointInput"}


@pytest.mark.parametrize("more", [{"InitialSamplingPercentage": 0}, {"EnableCapture": False}], ids=["none", "off"])
def test_nothing_is_captured_when_nothing_is_to_be(hall: Hall, more: dict[str, Any]) -> None:
    hall.simple(**config(**more))
    assert hall.describe()["DataCaptureConfig"]["EnableCapture"] is more.get("EnableCapture", True)
    hall.invoke([1])
    hall.client.delete_endpoint(EndpointName="flights")
    until(lambda: hall.client.list_endpoints()["Endpoints"] == [])
    assert files(hall) == []


def test_a_part_of_the_requests_is_captured(hall: Hall) -> None:
    hall.simple(**config(InitialSamplingPercentage=50))
    for number in range(200):
        hall.invoke([number])
    hall.client.delete_endpoint(EndpointName="flights")
    until(lambda: hall.client.list_endpoints()["Endpoints"] == [])
    assert 60 < len(records(hall, 1)) < 140  # 100 are expected, sigma is 7


def test_deleting_delivers_what_is_left_encrypted(hall: Hall) -> None:
    key = hall.cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    hall.simple(**config(KmsKeyId=key))
    hall.invoke([1])
    hall.client.delete_endpoint(EndpointName="flights")
    until(lambda: hall.client.list_endpoints()["Endpoints"] == [])
    (name,) = files(hall)
    head = hall.s3.head_object(Bucket=BUCKET, Key=name)
    assert (head["ServerSideEncryption"], key in head["SSEKMSKeyId"]) == ("aws:kms", True)


def test_the_end_of_the_cloud_delivers_what_is_left(hall: Hall) -> None:
    hall.simple(**config())
    pid = hall.predict([1])["pid"]
    hall.cloud.engines["endpoints"].stop()
    assert len(files(hall)) == 1
    assert not psutil.pid_exists(pid)


def test_refused_requests_are_not_captured(hall: Hall) -> None:
    hall.simple(**config())
    with pytest.raises(hall.runtime.exceptions.ModelError):
        hall.invoke("[1]", ContentType="text/html")
    hall.invoke([1])
    assert len(records(hall, 1)) == 1


def test_the_monitor_reads_what_is_captured(hall: Hall, tmp_path: Path) -> None:
    hall.model("always", ALWAYS)
    hall.endpoint(hall.config("first", variant("always"), **config()))
    flight = {"flight_date": "2013-04-01", "carrier": "UA", "flight": 1545, "origin": "EWR", "distance": 1400}
    fields = ",".join(str(flight.get(name, "")) for name in DATASET.inputs)
    hall.invoke(flight, InferenceId="2013-04-01/UA/1545/EWR")
    hall.invoke(fields, ContentType="text/csv", Accept="text/csv", InferenceId="2013-04-02/UA/1545/EWR")
    records(hall, 2)
    for number, name in enumerate(files(hall)):
        hall.s3.download_file(BUCKET, name, str(tmp_path / f"{number}.jsonl"))
    first, second = read_captures(tmp_path, DATASET)
    assert (first.values, first.prediction, first.key) == (flight, 0.31, "2013-04-01/UA/1545/EWR")
    assert (second.values["carrier"], second.values["distance"]) == ("UA", 1400)
    assert second.prediction == 0.31
