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


def _one_in(every: int, **fault: Any) -> Rule:
    """Of the calls that come as far as this rule."""
    return {"service": "*", "sequence": {"fail": 1, "pass": every - 1}, **fault}


HALF = {"response": {"abort_frac": 0.5}}
LOST = {"response": {"abort_bytes": 0}}  # after the call has taken effect
ENGINES = {"x-localcloud-call": ""}
READERS = ("object_store", "aws-sdk-cpp")  # Sail's and Arrow's S3 clients
# Of a hundred calls 20 are throttled, 7 reset, 5 end with a fault, of 10 the answer is lost or half. They are counted,
# not drawn: no call fails more than twice running, for a script's own boto3 tries three times.
FAULTS: list[Rule] = [
    throttle("s3", "SlowDown", 503),
    throttle("lambda", "TooManyRequestsException", 429),
    throttle("kinesis", "ProvisionedThroughputExceededException"),
    throttle("sqs", "ServiceUnavailable", 503),  # microburst has no code of its throttling that boto3 knows
    throttle("sns", "Throttling"),
    *(throttle(name, "ThrottlingException") for name in ("glue", "logs", "sagemaker", "events", "cloudwatch", "ssm")),
    {"service": "*", "sequence": {"fail": 2, "pass": 1}, "latency": 0.001},  # two of three pass by what follows
    _one_in(4, reset=True),
    _one_in(4, error={"code": "InternalError", "status": 500, "message": "We encountered an internal error."}),
    _one_in(3, **LOST),
    # A script's own boto3 takes half an answer in JSON for an empty one, here as on AWS, and Sail gives up on half a
    # listing; objects it reads on, and so does Arrow
    _one_in(2, headers=ENGINES, **HALF),
    *(_one_in(2, operation="GetObject", headers={"user-agent": reader}, **HALF) for reader in READERS),
]


def lost_once(*operations: str) -> list[Rule]:
    """The first of each of these calls takes effect, and nobody is told."""
    return [{"operation": operation, "times": 1, **LOST} for operation in operations]


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
            actions = Counter(event["action"].partition(":")[0] for event in self._ask("GET", "fired?limit=100000"))
            done.update({name: number for name, number in actions.items() if name != "latency"})

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
