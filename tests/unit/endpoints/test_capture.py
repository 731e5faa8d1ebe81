"""Captured requests that S3 does not take at once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from localcloud.endpoints import capture
from localcloud.endpoints.capture import Capture, Exchange

CONFIG = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://hall/capture",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


class Bucket:
    """Refuses so many objects."""

    def __init__(self, refuses: int) -> None:
        self.objects: dict[str, str] = {}
        self.asked: list[str] = []
        self._refuses = refuses

    def put_object(self, Bucket: str, Key: str, Body: str) -> None:  # noqa: N803
        self.asked.append(Key)
        if self._refuses:
            self._refuses -= 1
            raise ConnectionError("reset")
        self.objects[Key] = Body


def captured(refuses: int) -> tuple[Bucket, Capture]:
    bucket: Any = Bucket(refuses)
    return bucket, Capture(CONFIG, "flights/all", bucket)


def take(into: Capture, number: int) -> None:
    at = datetime(2013, 2, 10, number % 24, tzinfo=UTC)
    into.take(Exchange("text/csv", b"1", "text/csv", b"2", str(number), None, at))


def test_they_are_stored_with_the_next_delivery_under_the_same_key() -> None:
    bucket, into = captured(refuses=2)
    for number in (1, 2):
        take(into, number)
    into.deliver()
    assert bucket.objects == {}
    take(into, 3)
    into.deliver()
    into.deliver()
    assert len(bucket.objects) == 3
    assert len(bucket.asked) == 5
    assert set(bucket.asked) == set(bucket.objects), "a retry after a lost answer doubles nothing"
    assert sorted(text.count("\n") for text in bucket.objects.values()) == [1, 1, 1]


def test_the_oldest_are_lost_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(capture, "_KEPT", 3)
    bucket, into = captured(refuses=10)
    for number in range(4):
        take(into, number)
        into.deliver()
    assert "1 captured requests of flights/all are lost" in caplog.text
    while not bucket.objects:
        into.deliver()
    into.deliver()
    assert sorted(key.split("/")[6] for key in bucket.objects) == ["01", "02", "03"]
