"""`cdk deploy --all` on the local cloud against the synthesis that is part of it."""

import tempfile
from pathlib import Path

from benchmarks.measure import Ratio, seconds
from cli.cloud.cdk_cli import Cdk
from cli.cloud.lifecycle import DEPLOY
from cli.cloud.local import local_cloud


def measure() -> Ratio:
    """Both commands run app.py; the stacks are new, the assets unpublished."""
    with tempfile.TemporaryDirectory() as folder, local_cloud() as cloud:
        work = Path(folder)
        bootstrapping, synth, deploy = (Cdk(cloud, work / name) for name in ("bootstrap", "synth", "deploy"))
        (work / "bootstrap").mkdir()
        bootstrapping.bootstrap()
        peer = seconds(lambda: synth("synth", "--quiet"))
        ours = seconds(lambda: deploy(*DEPLOY))
    return Ratio(
        "CLI deploy of all stacks",
        ours,
        "cdk synth",
        peer,
        "s",
        "none named",
        "the pinned CDK CLI with `app.py`, on an empty bootstrapped local cloud, one run each",
    )
