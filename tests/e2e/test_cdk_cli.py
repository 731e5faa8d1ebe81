"""The real CDK CLI, unpatched, on the local cloud: a whole life of the stacks, and an interrupted one."""

import re
import signal
import subprocess
from typing import IO

from tests.e2e.support import MLREF

STEPS = ["bootstrap", "refusal", "deploy", "diff", "update", "rollback", "destroy", "leftovers"]


def test_bootstrap_deploy_diff_update_rollback_destroy() -> None:
    finished = subprocess.run(
        [MLREF, "deploy-local"], capture_output=True, text=True, timeout=900, check=False, stdin=subprocess.DEVNULL
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.findall(r"^ ✓ (\w+)", finished.stdout, re.MULTILINE) == STEPS


def test_interrupted_it_stops_in_order() -> None:
    process = subprocess.Popen(
        [MLREF, "deploy-local"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    assert process.stdout is not None
    line = _first_line(process.stdout)  # the local cloud is up, and the CLI deploys to it
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130, line + told
    assert told.endswith("mlref deploy-local: interrupted; nothing is left running\n"), told


def _first_line(stream: IO[str]) -> str:
    line = stream.readline()
    assert line.startswith(" ✓ bootstrap"), line
    return line
