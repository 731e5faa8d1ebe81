"""Start the local cloud as a child process, and synthesize the app for it."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.errors import UserError
from localcloud import environment
from localcloud.processes.kept import KeptProcess
from localcloud.processes.supervisor import NOTHING, remaining

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 20
# The services' waits pass this much faster on a laptop: Firehose's 60 s buffer becomes 1 s.
SPEED = 60.0
# Judges as Model Monitor's image does on AWS, which is closed: a module, and what it is to do
ANALYZER = ("processing.sagemaker.monitor", "check")


@dataclass(frozen=True)
class Endpoint:
    """Where a local cloud listens; a deployment target."""

    endpoint: str
    region: str
    account: str

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make any AWS client talk to it."""
        return environment.of_clients(self.endpoint, self.region)

    def client(self, service: str) -> object:
        """A boto3 client of this cloud."""
        import boto3  # noqa: PLC0415 - keeps `--help` fast

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 - moto takes any
        )


@contextlib.contextmanager
def local_cloud(
    speed: float = SPEED, *, enforce: bool = False, port: int = 0, engines_via: str | None = None
) -> Iterator[Endpoint]:
    """A local cloud, by default on a free port, in a child process that ends with this block, or with this process.

    Args:
        engines_via: URL of a proxy at which its engines call it.
        enforce: it refuses what the deployed IAM policies do not allow roles and services.

    Raises:
        UserError: it did not start; the message carries what it printed.
    """
    with (
        remaining(NOTHING),
        tempfile.TemporaryDirectory(prefix="mlref-") as folder,
        (Path(folder) / "log").open("w+b") as log,
    ):
        ready = Path(folder) / "ready.json"
        options = ["--port", str(port), "--speed", str(speed), "--ready-file", str(ready)]
        options += ["--enforce"] if enforce else []
        options += ["--engines-via", engines_via] if engines_via else []
        options += ["--analyzer", *ANALYZER]
        child: KeptProcess[bytes] = KeptProcess(
            [sys.executable, "-m", "localcloud", *options],
            stdin=subprocess.PIPE,  # its end stops the cloud in order
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
        try:
            _wait_until_ready(child, ready, log.name)
            yield Endpoint(**json.loads(ready.read_text("utf-8")))
            assert child.stdin is not None  # noqa: S101 - stdin=PIPE
            child.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(STOP_SECONDS)
        finally:
            child.kill()
            child.wait()


def _wait_until_ready(child: KeptProcess[bytes], ready: Path, log: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if child.poll() is not None or time.monotonic() > deadline:
            lines = Path(log).read_text("utf-8", errors="replace").strip().splitlines()
            raise UserError(f"the local cloud did not start: {lines[-1] if lines else 'it printed nothing'}")
        time.sleep(0.02)


def start_synth(folder: Path, context: Mapping[str, str] | None = None) -> KeptProcess[str]:
    """Start `python app.py`, which writes the cloud assembly to ``folder``; see `finish_synth`.

    ``context`` is what `cdk -c name=value` would give. The CDK CLI itself is not needed.
    """
    return KeptProcess(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps(dict(context or {})),
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish_synth(process: KeptProcess[str]) -> None:
    """Wait for `start_synth`. Raises UserError with the app's own sentence when it fails."""
    _, errors = process.communicate()
    if process.returncode:
        lines = [line for line in errors.splitlines() if line.strip()]
        raise UserError(lines[-1] if lines else f"synth failed with exit status {process.returncode}")
