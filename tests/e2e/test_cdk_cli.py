"""The real CDK CLI, unpatched, on the local cloud: a whole life of the stacks."""

import re
import subprocess

from tests.e2e.support import MLREF


def test_bootstrap_deploy_diff_update_rollback_destroy() -> None:
    finished = subprocess.run(
        [MLREF, "deploy-local"], capture_output=True, text=True, timeout=900, check=False, stdin=subprocess.DEVNULL
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    done = re.findall(r"^ ✓ (\w+)", finished.stdout, re.MULTILINE)
    assert done == ["bootstrap", "deploy", "diff", "update", "rollback", "destroy", "leftovers"]
