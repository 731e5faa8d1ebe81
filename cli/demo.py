"""The command and its options."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.cloud.local import ROOT
from cli.console import Console
from cli.errors import UserError
from cli.lake.producer.dirt import Dirt
from cli.lake.replay import parse_months
from cli.stories import stories_of, tell
from contracts import load
from stacks.catalogue import CORE

DATASET = "flights"  # the core's own
FOLDERS = {DATASET: "demo"}  # below out/; of others the name of the dataset


class Part(StrEnum):
    """Where the story may end."""

    QUERIES = "queries"
    MODEL = "model"
    END = "end"


def demo(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="of `mlref architectures`, or all; by default core"),
    ] = None,
    *,
    dataset: Annotated[
        str | None,
        typer.Option(help="whose data: a folder of datasets/; by default the story's own, of the core flights"),
    ] = None,
    months: Annotated[
        str | None, typer.Option(help="months to stream, such as 1 or 1,2; by default the first that there is")
    ] = None,
    dirt: Annotated[float, typer.Option(min=0, max=1, help="share of events that get dirt added")] = 0.01,
    seed: Annotated[int, typer.Option(help="the same seed makes the same dirt, and chooses the same requests")] = 7,
    until: Annotated[
        Part, typer.Option(help="end with the answers of Athena, or with the first model that serves")
    ] = Part.END,
    enforce: Annotated[
        bool, typer.Option("--enforce", help="refuse what the deployed IAM policies do not allow roles and services")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="folder for the templates, summary.json and report.html; by default out/demo, out/DATASET or out/NAME"
        ),
    ] = None,
) -> None:
    """Run everything once: from events to SQL, and from there to a served, monitored and retrained model.

    With names: the stories of these architectures, each in its own folder of out/. Options but --dataset,
    --enforce and --out are the core's.

    Starts a local cloud of its own and stops it at the end. Exit status 1 when a step failed, came out otherwise than
    it should, or an event was lost; the facts are in OUT/summary.json and, for a browser, OUT/report.html either way.
    `mlref iam report --recording OUT/iam.json` tells who called what.

    Examples:

      mlref demo

      mlref demo serving

      mlref demo --until queries

      mlref demo --months 1,2 --dirt 0.05

      mlref demo --dataset payments

      mlref demo realtime_scoring --dataset flights

      mlref demo --enforce
    """
    from stories.core import data, ml  # noqa: PLC0415 - keeps `--help` fast
    from stories.core.story import Story  # noqa: PLC0415

    stories = stories_of(names or [CORE])
    if out is not None and len(stories) > 1:
        raise UserError(f"--out is the folder of one story, and these are {', '.join(stories)}: leave it out")
    console = Console()
    chosen = parse_months(months) if months is not None else None
    for name in stories:
        if name != CORE:
            folder = name if dataset is None else f"{name}-{dataset}"
            tell(name, console, (out or ROOT / "out" / folder).resolve(), enforce=enforce, dataset=dataset)
    if CORE not in stories:
        return
    dataset = dataset or DATASET
    story = Story(console, (out or ROOT / "out" / FOLDERS.get(dataset, dataset)).resolve(), dataset)
    streamed = chosen or [story.scenario.history[0]]
    console.print(f"{story.scenario.title}\n", style="bold")
    with story.told():
        with story.cloud(enforce=enforce) as endpoint:
            story.deploy(endpoint)
            answers = data.tell(story, streamed, Dirt(load(dataset).events, dirt, seed))
            if until != Part.QUERIES:
                ml.tell(story, streamed, seed, whole=until == Part.END)
            story.record()
        data.show(story, answers)
