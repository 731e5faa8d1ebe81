"""``mlref deploy-local``: the life of a deployment with the real CDK CLI, on a local cloud."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli.cloud.cdk_cli import Cdk
from cli.cloud.local import local_cloud
from cli.console import Console
from cli.context import CORE, Architectures, choice

CHANGED_IN = "events_to_sql"


def deploy_local(
    cycles: Annotated[int, typer.Option(min=1, help="how often to deploy, update and destroy")] = 1,
    architectures: Architectures = CORE,
    dataset: Annotated[str, typer.Option(help="whose data it is for: a folder of datasets/")] = "flights",
) -> None:
    """Run cdk bootstrap, deploy, diff, update and destroy with the real CDK CLI, on a local cloud of its own.

    Exit status 1 when a command fails, a diff shows what it should not, or something is left after destroy. Of
    events_to_sql it changes settings, so that comes along.

    Examples:

      mlref deploy-local

      mlref deploy-local --cycles 10

      mlref deploy-local --dataset payments

      mlref deploy-local --architectures serving
    """
    from cli.cloud.lifecycle import Lifecycle  # noqa: PLC0415 - keeps `--help` fast

    console, context = Console(), {"dataset": dataset, **choice(f"{CHANGED_IN},{architectures}")}
    with tempfile.TemporaryDirectory(prefix="mlref-") as folder, local_cloud(speed=1) as cloud:
        os.environ.update(cloud.environment)
        Lifecycle(cloud, Cdk(cloud, Path(folder), context), console).run(cycles)
