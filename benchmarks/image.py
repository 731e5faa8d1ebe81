"""A SageMaker container's own code run on this machine: sagemaker-containers with what docs/containers.md says.

In .venv-toolkits, which ``make setup`` makes, seen through an environment of its own for each container, because a
container installs the user's module into its Python. SAGEMAKER_BASE_DIR is the toolkits' name for what stands for
/opt/ml.
"""

import contextlib
import functools
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TOOLKITS = Path(__file__).parents[1] / ".venv-toolkits"
MODULES = Path(__file__).parent / "images"
TIMEOUT = 120
XGBOOST, SCIKIT_LEARN = "xgboost", "scikit-learn"
# pip's own way to say "no build isolation": the option's name in the variable, its absence as the value
NO_BUILD_ISOLATION = {"PIP_NO_BUILD_ISOLATION": "0"}
RESOURCES = {  # resourceconfig.json; the toolkit waits until a host's name resolves
    "current_host": "localhost",
    "hosts": ["localhost"],
    "network_interface_name": "lo",
    "current_instance_type": "ml.m5.xlarge",
    "current_group_name": "homogeneousCluster",
    "instance_groups": [
        {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.xlarge", "hosts": ["localhost"]}
    ],
}


class ContainerError(RuntimeError):
    """A container ended or never answered; the text is its log."""


@dataclass(frozen=True)
class Answer:
    """What a container answered."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Container:
    """One container of an image.

    Attributes:
        base: the folder that is its /opt/ml.
        image: `XGBOOST` or `SCIKIT_LEARN`.
        environment: variables of the model or job; ``/opt/ml`` at the start of a value is the folder.
        offline: no network, as a container in network isolation.
    """

    base: Path
    image: str = XGBOOST
    environment: dict[str, str] = field(default_factory=dict)
    offline: bool = False

    def train(self, source: Path, channels: dict[str, Path], hyperparameters: dict[str, str]) -> str:
        """Run the script of the archive ``source`` by the command ``train``; the log.

        Args:
            channels: folders by name.
            hyperparameters: ``sagemaker_program`` is train.py unless it is given.
        """
        for name in ("input/config", "input/data", "model", "output/data"):
            (self.base / name).mkdir(parents=True, exist_ok=True)
        for name, folder in channels.items():
            (self.base / "input" / "data" / name).symlink_to(folder)
        given = {"sagemaker_program": "train.py", "sagemaker_submit_directory": str(source), **hyperparameters}
        inputs = {name: {"TrainingInputMode": "File"} for name in channels}
        for name, content in (
            ("hyperparameters", given),
            ("resourceconfig", RESOURCES),
            ("inputdataconfig", inputs),
        ):
            (self.base / "input" / "config" / f"{name}.json").write_text(json.dumps(content), "utf-8")
        return self._run(self._command("train"))

    def process(self, library: Path, script: str, inputs: dict[str, Path]) -> Path:
        """Run ``processing.sagemaker.SCRIPT`` of the zip ``library`` as a processing job; the folder of its outputs."""
        root = self.base / "processing"
        (root / "input").mkdir(parents=True)
        for name, folder in inputs.items():
            (root / "input" / name).symlink_to(folder)
        command = [*self._python, "-m", f"processing.sagemaker.{script}"]
        self._run(command, PYTHONPATH=str(library), PROCESSING_ROOT=str(root))
        return root / "output"

    def _run(self, command: list[str], **variables: str) -> str:
        done = subprocess.run(
            command,
            env={**self._variables(self.base), **variables},
            cwd=self.base,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode:
            raise ContainerError(done.stdout)
        return done.stdout

    @contextlib.contextmanager
    def serve(self, port: int | None = None) -> Iterator[Path]:
        """The command ``serve``; the Unix socket at which its gunicorn answers.

        Args:
            port: of nginx, which the container puts before gunicorn. Without one it is left out, which no answer shows.
        """
        with tempfile.TemporaryDirectory(prefix="image-") as short:  # a socket's path has 107 characters at most
            sockets = Path(short)
            command = self._command("serve")
            variables = self._variables(sockets)
            if port is None:
                _without_nginx(self.base)
            else:
                variables |= {"NGINX_TEMPLATE": str(_template(sockets)), "SAGEMAKER_BIND_TO_PORT": str(port)}
            with self._running(command, variables, sockets / "gunicorn.sock", "/ping") as found:
                yield found

    @contextlib.contextmanager
    def serve_many(self, scripts: dict[str, str]) -> Iterator[Path]:
        """Many scripts behind one gunicorn, which is started as `serve` starts it; see `images/many.py`.

        Args:
            scripts: text by name. They are not installed, which would take seconds each.
        """
        code = self.base / "scripts"
        code.mkdir()
        for name, text in scripts.items():
            (code / f"{name}.py").write_text(text, "utf-8")
        with tempfile.TemporaryDirectory(prefix="image-") as short:
            found = Path(short) / "gunicorn.sock"
            variables = self._variables(Path(short))
            variables["PYTHONPATH"] += os.pathsep + str(code)
            command = [
                *(str(TOOLKITS / "bin" / "gunicorn"), "--timeout", "60", "-k", "gevent", "-b", f"unix:{found}"),
                *("--worker-connections", "1000", "-w", "1", "--log-level", "info", "many:application"),
            ]
            with self._running(command, variables, found, None) as address:
                yield address

    @contextlib.contextmanager
    def _running(
        self, command: list[str], variables: dict[str, str], found: Path, ping: str | None
    ) -> Iterator[Path]:
        with (self.base / "serve.log").open("w+b") as log:
            process = subprocess.Popen(
                command, env=variables, cwd=self.base, stdout=log, stderr=log, start_new_session=True
            )
            try:
                self._wait(process, found, ping)
                yield found
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _wait(self, process: "subprocess.Popen[bytes]", found: Path, ping: str | None) -> None:
        deadline = time.monotonic() + TIMEOUT
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if found.exists() if ping is None else ask(found, "GET", ping).status == http.client.OK:
                    return
            if process.poll() is not None or time.monotonic() > deadline:
                raise ContainerError((self.base / "serve.log").read_text("utf-8", errors="replace"))
            time.sleep(0.05)

    @property
    def _python(self) -> list[str]:
        """The container's Python, with or without a network."""
        folder = self.base / "python"
        if not folder.exists():
            make_environment(folder)
        return [*(offline().prefix if self.offline else ()), str(folder / "bin" / "python"), "-W", "ignore"]

    def _command(self, name: str) -> list[str]:
        return [*self._python, str(MODULES / "image_modules.py"), name]

    def _variables(self, sockets: Path) -> dict[str, str]:
        """Nothing of this machine's but the language: pip finds packages where a container's pip would."""
        scratch = self.base / "tmp"
        scratch.mkdir(exist_ok=True)
        given = {
            name: f"{self.base}{value.removeprefix('/opt/ml')}" if value.startswith("/opt/ml") else value
            for name, value in self.environment.items()
        }
        return {
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join((str(self.base / "python/bin"), str(TOOLKITS / "bin"), os.environ["PATH"])),
            "PYTHONPATH": str(MODULES),
            **dict.fromkeys(("HOME", "TMPDIR"), str(scratch)),
            "PIP_CONFIG_FILE": os.devnull,
            "IMAGE": self.image,
            "SOCKETS": str(sockets),
            "AWS_REGION": "us-east-1",
            "SAGEMAKER_BASE_DIR": str(self.base),
            "SAGEMAKER_SERVING_MODULE": "image_modules:application",
            "SAGEMAKER_TRAINING_MODULE": "image_modules:train",
            **(offline().variables if self.offline else {}),
            **given,
        }


def _without_nginx(base: Path) -> None:
    """`serve` starts the command in any case."""
    stand_in = base / "python" / "bin" / "nginx"
    stand_in.write_text("#!/bin/sh\nexec sleep 100000\n")
    stand_in.chmod(0o755)


def _template(sockets: Path) -> Path:
    """sagemaker-containers' own configuration of nginx, with this container's folder in place of /tmp."""
    (theirs,) = TOOLKITS.glob("lib/python*/site-packages/sagemaker_containers/etc/nginx.conf.template")
    ours = sockets / "nginx.conf.template"
    ours.write_text(theirs.read_text("utf-8").replace("/tmp/", f"{sockets}/"), "utf-8")  # noqa: S108 - what it says
    sockets.chmod(0o755)  # nginx answers as another user
    return ours


def make_environment(folder: Path) -> None:
    """A Python that has the toolkits' packages, and room for more."""
    if not (TOOLKITS / "bin" / "python").is_file():
        raise RuntimeError(f"{TOOLKITS} is missing: run make setup")
    subprocess.run(
        [TOOLKITS / "bin" / "python", "-m", "venv", "--without-pip", folder],
        check=True,
        timeout=TIMEOUT,
        capture_output=True,
    )
    (below,) = folder.glob("lib/python*/site-packages")
    (theirs,) = TOOLKITS.glob("lib/python*/site-packages")
    # site.addsitedir reads the .pth files there too: one of them is setuptools', in place of distutils
    (below / "toolkits.pth").write_text(f"import site; site.addsitedir({str(theirs)!r})\n")


@dataclass(frozen=True)
class Offline:
    """How a process is kept off the network on this machine."""

    how: str
    prefix: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)


@functools.cache
def offline() -> Offline:
    """A network namespace where the machine allows one; else proxies that nobody listens at."""
    prefix = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--net")
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True, timeout=TIMEOUT)
    except (OSError, subprocess.CalledProcessError):
        with socket.socket() as unused:
            unused.bind(("localhost", 0))
            nobody = f"http://localhost:{unused.getsockname()[1]}"
        return Offline("proxies that nobody listens at", (), dict.fromkeys(("http_proxy", "https_proxy"), nobody))
    return Offline("a network namespace", prefix)


def ask(address: Path, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """One request to a server at a Unix socket, with no headers but those given, Host and the body's length."""
    given = {"Host": "localhost", "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    head = "".join(f"{line}\r\n" for line in lines)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(str(address))
        # at once: a server that fails before it reads the body may have closed the connection when the body comes
        connection.sendall(f"{head}\r\n".encode("latin-1") + body)
        told = http.client.HTTPResponse(connection)
        told.begin()
        return Answer(told.status, told.headers.get("Content-Type", ""), told.read())
