"""Measure everything and write benchmarks/RESULTS.md: ``make bench``. Takes some minutes; close other programs."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    athena,
    cli_deploy,
    conversion,
    delivery,
    endpoint,
    event_source,
    glue_job,
    states,
    synth,
    training,
)
from benchmarks.deployed import january
from benchmarks.measure import Ratio, table
from cli.console import Console

RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD = """# Results

Written by `make bench`. Each row compares two things measured one after the other in the same run on the same
machine; read the ratio, not the seconds.

Run of {when:%Y-%m-%d}: {cores} cores, {system}, Python {python}.

"""


def main() -> None:
    """Run every benchmark, print the table, keep it."""
    console = Console()
    ratios: list[Ratio] = []
    with console.status("synth against an empty app"):
        ratios.append(synth.measure())
    with console.status("cdk deploy against cdk synth"):
        ratios.append(cli_deploy.measure())
    with console.status("record conversion against pyarrow.json"):
        ratios.append(conversion.measure())
    with console.status("delivery against moto's PutRecords"):
        ratios.append(delivery.measure())
    with console.status("an event source mapping against reading and invoking by hand"):
        ratios.extend(event_source.measure())
    with console.status("Step Functions against moto's interpreter"):
        ratios.extend(states.measure())
    with january(console) as names:
        with console.status("the Glue job against Sail"):
            ratios.append(glue_job.measure(names))
        with console.status("Athena against DuckDB"):
            ratios.append(athena.measure(names))
        with console.status("the training pipeline against its scripts"):
            trained, model = training.measure(names)
            ratios.append(trained)
        asked = endpoint.given(names, model)
    with console.status("the endpoint against its handlers and AWS's servers"):
        ratios.extend(endpoint.measure(asked))
    head = HEAD.format(
        when=datetime.now(UTC), cores=os.cpu_count(), system=platform.system(), python=platform.python_version()
    )
    RESULTS.write_text(f"{head}{table(ratios)}\n", "utf-8")
    console.print(table(ratios), soft_wrap=True)


if __name__ == "__main__":
    main()
