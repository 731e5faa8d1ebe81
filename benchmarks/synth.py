"""Synthesis of the project against an app with one empty stack."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Ratio, seconds
from cli.cloud.local import finish_synth, start_synth

EMPTY = "import aws_cdk as cdk; app = cdk.App(); cdk.Stack(app, 'Empty'); app.synth()"


def measure() -> Ratio:
    """The whole process, from starting Python to the written assembly."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "CDK_OUTDIR": f"{folder}/empty",
        }
        peer = seconds(
            lambda: subprocess.run([sys.executable, "-c", EMPTY], env=environment, check=True, capture_output=True),
            repeat=3,
        )
        ours = seconds(lambda: finish_synth(start_synth(Path(folder) / "ours")), repeat=3)
    return Ratio("synth of all stacks", ours, "empty CDK app", peer, "s", "none named", "`python app.py`, best of 3")
