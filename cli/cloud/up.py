"""``mlref up`` and ``mlref reset``: the local cloud with the stacks deployed."""

import json
import os
import tempfile
import threading
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from cli.cloud.local import ANALYZER, SPEED, Endpoint, finish_synth, start_synth
from cli.console import Console
from cli.context import CORE, Architectures, choice
from cli.deployment import architectures_deployed, outputs
from cli.errors import UserError
from cli.progress import deploy_with_progress
from localcloud.processes.files import refuse_unwritable, write_whole
from localcloud.processes.supervisor import remaining
from stacks.outputs import STREAM_INGEST

# The local cloud goes on with what it was asked for, as CloudFormation does
HALF = "the cloud at {} is left with a part of the stacks: repeat `mlref reset`"


def up(
    *,
    port: Annotated[int, typer.Option(help="port on localhost, 0 to 65535; 0 picks a free one")] = 5577,
    ready_file: Annotated[
        Path | None,
        typer.Option(help="written when everything is deployed: {endpoint, region, account, outputs}"),
    ] = None,
    speed: Annotated[
        float, typer.Option(min=1, help="how many times faster the services' waits pass (Firehose's 60 s buffer)")
    ] = SPEED,
    architectures: Architectures = CORE,
    dataset: Annotated[str, typer.Option(help="whose data it is for: a folder of datasets/")] = "flights",
    enforce: Annotated[
        bool, typer.Option("--enforce", help="refuse what the deployed IAM policies do not allow roles and services")
    ] = False,
    engines_via: Annotated[
        str | None,
        typer.Option(metavar="URL", help="proxy at which engines and jobs call the cloud, to show them faults"),
    ] = None,
) -> None:
    """Start the local cloud, deploy the core or what is asked for, stay until Ctrl-C.

    Examples:

      mlref up

      mlref up --port 0 --ready-file ready.json

      mlref up --architectures events_to_sql

      microburst --upstream http://localhost:5577 --port 9999 & mlref up --engines-via http://localhost:9999
    """
    from localcloud import LocalCloud  # noqa: PLC0415 - keeps `--help` fast

    context = {"dataset": dataset, **choice(architectures)}
    try:
        if ready_file:
            refuse_unwritable(ready_file)
        cloud = LocalCloud(port=port, speed=speed, enforce=enforce, engines_via=engines_via, analyzer=ANALYZER)
    except ValueError as error:
        raise UserError(str(error)) from error
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="synth-") as folder:
        synth = start_synth(Path(folder), context)
        try:
            with cloud:
                finish_synth(synth)
                outputs = deploy_with_progress(Path(folder), cloud, console)
                target = Endpoint(cloud.endpoint, cloud.region, cloud.account)
                if ready_file:
                    write_whole(ready_file, json.dumps({**asdict(target), "outputs": outputs}, indent=2))
                console.print("\nIn another terminal:\n")
                for name, value in target.environment.items():
                    console.print(f"  export {name}={value}")
                if any(name.endswith(STREAM_INGEST) for name in outputs):  # else there is no stream to replay into
                    console.print("  mlref load-reference && mlref replay --months 1 && sleep 3 && mlref curate")
                console.print("\nCtrl-C stops it.")
                threading.Event().wait()
        except RuntimeError as error:
            raise UserError(str(error)) from error
        finally:
            synth.kill()
            synth.wait()


def reset(
    empty: Annotated[
        bool, typer.Option("--empty", help="leave the cloud empty: do not deploy the stacks again")
    ] = False,
    architectures: Annotated[str | None, typer.Option(help="which to deploy; by default as it was")] = None,
    dataset: Annotated[str | None, typer.Option(help="whose data it is for; by default as it was")] = None,
) -> None:
    """Make the local cloud as new: all data gone, the stacks deployed again.

    Refuses to run against anything but a local cloud.
    """
    from localcloud.cloud import ACCOUNT  # noqa: PLC0415
    from localcloud.origin import CLIENT  # noqa: PLC0415

    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if urlsplit(endpoint).hostname != "localhost":
        raise UserError("reset is for a local cloud only: set AWS_ENDPOINT_URL to what `mlref up` printed")
    context = _as_it_was() | ({"dataset": dataset} if dataset else {})
    context |= choice(architectures) if architectures else {}
    url = f"{endpoint}/moto-api/reset"
    request = urllib.request.Request(url, method="POST", headers=CLIENT)  # noqa: S310 - localhost, see above
    try:
        urllib.request.urlopen(request, timeout=60).close()  # noqa: S310
    except OSError as error:
        raise UserError(f"no local cloud answers at {endpoint}: start one with `mlref up`") from error
    if not empty:
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        with tempfile.TemporaryDirectory(prefix="synth-") as folder, remaining(HALF.format(endpoint)):
            finish_synth(start_synth(Path(folder), context))
            deploy_with_progress(Path(folder), Endpoint(endpoint, region, ACCOUNT), Console(stderr=True))


def _as_it_was() -> dict[str, str]:
    """The settings that the cloud is deployed with; of one without stacks the defaults."""
    try:
        return {"dataset": outputs().dataset, "architectures": ",".join(architectures_deployed())}
    except UserError:
        return {"dataset": "flights", "architectures": CORE}
