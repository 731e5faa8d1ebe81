"""microburst between a cloud's engines and the cloud, and what it does to their calls."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Rule = dict[str, Any]


def throttle(service: str, code: str, status: int = 400) -> Rule:
    """One call in five, in the service's own words."""
    error = {"code": code, "status": status, "message": "Please reduce your request rate."}
    return {"service": service, "sequence": {"fail": 1, "pass": 4}, "error": error}


# One in `every` of the calls that come so far. They are counted, not drawn: the first call of all meets every fault one
# after the other, and none of a job's own clients, which try five times, meets more than it survives.
def _one_in(every: int, **fault: Any) -> Rule:
    return {"service": "*", "sequence": {"fail": 1, "pass": every - 1}, **fault}


HALF = {"response": {"abort_frac": 0.5}}
LOST = {"response": {"abort_bytes": 0}}  # after the call has taken effect
ENGINES = {"x-localcloud-call": ""}
FAULTS: list[Rule] = [
    throttle("s3", "SlowDown", 503),
    throttle("lambda", "TooManyRequestsException", 429),
    throttle("kinesis", "ProvisionedThroughputExceededException"),
    throttle("sqs", "Throttling"),
    throttle("sns", "Throttling"),
    *(throttle(name, "ThrottlingException") for name in ("glue", "logs", "sagemaker", "events", "cloudwatch", "ssm")),
    _one_in(20, reset=True),
    _one_in(20, error={"code": "InternalError", "status": 500, "message": "We encountered an internal error."}),
    _one_in(10, **LOST),
    # A script's own boto3 takes half an answer in JSON for an empty one, here as on AWS, and object_store, which Sail
    # reads S3 with, gives up on half a listing; objects both it and Arrow read on
    _one_in(10, headers=ENGINES, **HALF),
    *(
        _one_in(10, operation="GetObject", headers={"user-agent": agent}, **HALF)
        for agent in ("object_store", "aws-sdk-cpp")
    ),
]


class Storm:
    """A running microburst."""

    def __init__(self, upstream: str, folder: Path) -> None:
        port = free_port()
        self.endpoint = f"http://localhost:{port}"
        self._control = f"http://127.0.0.1:{port}/_microburst"
        command = [sys.executable, str(Path(__file__).with_name("proxy.py"))]
        self._log = (folder / "microburst.log").open("w")
        self._process = subprocess.Popen(
            [*command, "--upstream", upstream, "--host", "localhost", "--port", str(port)],
            stdout=self._log,
            stderr=self._log,
        )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, Path(self._log.name).read_text()
            assert time.monotonic() < deadline, "microburst does not answer"
            time.sleep(0.05)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()

    @contextmanager
    def blows(self, faults: list[Rule] | None = None) -> Iterator[Counter[str]]:
        """Calls meet ``faults`` within; what happened how often, by what was done, is there in the end."""
        done: Counter[str] = Counter()
        self._ask("DELETE", "fired")
        self._ask("POST", "rules", FAULTS if faults is None else faults)
        try:
            yield done
        finally:
            self._ask("POST", "rules", [])
            done.update(event["action"].partition(":")[0] for event in self._ask("GET", "fired?limit=100000"))

    def _answers(self) -> bool:
        try:
            return bool(self._ask("GET", "health"))
        except OSError:
            return False

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self._control}/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)


def free_port() -> int:
    """Of a port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
