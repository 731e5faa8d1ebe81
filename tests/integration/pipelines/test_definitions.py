"""The committed definitions are what the SageMaker SDK builds today, without a network."""

import json
import subprocess
import sys
from pathlib import Path

from pipelines.definition import DEFINITIONS

# In a process of its own: the SDK takes 10 s and 2,000 modules, and no connection may be opened
BUILD = """
import json, socket, sys

def refuse(*args, **kwargs):
    raise OSError("the definition asked for a network")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
from pipelines.__main__ import definitions
json.dump(definitions(), sys.stdout)
"""


def test_committed_definitions_are_fresh(repository: Path) -> None:
    built = subprocess.run([sys.executable, "-c", BUILD], cwd=repository, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[-2000:]
    found = json.loads(built.stdout)
    assert {f"{name}.json" for name in found} == {path.name for path in DEFINITIONS.iterdir()}
    for name, content in found.items():
        assert content == json.loads((DEFINITIONS / f"{name}.json").read_text("utf-8")), (
            f"{name}.json is stale: python -m pipelines"
        )
