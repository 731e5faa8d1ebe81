"""The pinned CDK CLI against a local cloud."""

import os
import subprocess
import sys
from pathlib import Path

from cli.cloud.local import ROOT, Endpoint
from cli.errors import UserError
from localcloud.processes.kept import KeptProcess

CLI = ROOT / "node_modules" / ".bin" / "cdk"
COMMAND_SECONDS = 600
LAST_LINES = 40

Context = dict[str, str]  # what `cdk -c name=value` gives


class Cdk:
    """The CLI with plain app.py, talking to a local cloud.

    The first command with a setting runs app.py. Later ones are given the assembly that it wrote, as
    https://docs.aws.amazon.com/cdk/v2/guide/deploy.html does with `--app cdk.out`: synthesis is most of a command's
    time, and of the same settings it makes the same templates. ``context`` is given to every command.
    """

    def __init__(self, target: Endpoint, folder: Path, context: Context | None = None) -> None:
        self._context = context or {}
        self._target = target
        self._folder = folder
        self._assemblies: dict[str, Path] = {}

    def bootstrap(self) -> None:
        """From a folder without cdk.json: with an environment named, bootstrapping needs no app."""
        environment = f"aws://{self._target.account}/{self._target.region}"
        self._checked(["bootstrap", environment], self._folder)

    def __call__(self, *arguments: str, context: Context | None = None) -> str:
        """What the command printed. Raises UserError with its last lines when it fails."""
        return self._checked([*arguments, *self._app(context or {})], ROOT)

    def run(self, *arguments: str, context: Context | None = None) -> "subprocess.CompletedProcess[str]":
        """The finished command; both of its streams are in ``stdout``."""
        return self._run([*arguments, *self._app(context or {})], ROOT)

    def _app(self, context: Context) -> list[str]:
        settings = [f"{name}={value}" for name, value in {**self._context, **context}.items()]
        key = " ".join(settings)
        if key in self._assemblies:
            return ["--app", str(self._assemblies[key])]
        self._assemblies[key] = self._folder / f"cdk.out.{len(self._assemblies)}"
        return ["--output", str(self._assemblies[key]), *(part for item in settings for part in ("--context", item))]

    def _checked(self, arguments: list[str], folder: Path) -> str:
        finished = self._run(arguments, folder)
        if finished.returncode:
            told = "\n".join(finished.stdout.strip().splitlines()[-LAST_LINES:])
            raise UserError(f"cdk {' '.join(arguments)} ended with exit status {finished.returncode}:\n{told}")
        return finished.stdout

    def _run(self, arguments: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
        if not CLI.exists():
            raise UserError("the CDK CLI is not installed here: run `make setup`")
        command = [str(CLI), *arguments, "--no-notices", "--no-color", "--ci"]
        child: KeptProcess[str] = KeptProcess(
            command,
            cwd=folder,
            env={
                **os.environ,
                **self._target.environment,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
                "CDK_HOME": str(self._folder / "home"),
                "CDK_DISABLE_CLI_TELEMETRY": "1",
                "AWS_EC2_METADATA_DISABLED": "true",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            printed, _ = child.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise UserError(f"cdk {' '.join(arguments)} did not end within {COMMAND_SECONDS} s") from error
        finally:
            child.kill()  # with app.py and Node, which it has started
            child.wait()
        return subprocess.CompletedProcess(command, child.returncode, printed)
