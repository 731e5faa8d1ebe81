"""``mlref demo``: one month of flights through every service, on this machine."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from rich.console import Console

from cli.athena import QueryResult, named_queries, run_query
from cli.deployment import outputs
from cli.errors import UserError
from cli.lakehouse import crawl, quality, run_job
from cli.local import ROOT, Endpoint, finish_synth, local_cloud, start_synth
from cli.producer.accounting import Account, Accountant
from cli.producer.dirt import Dirt
from cli.producer.events import count
from cli.producer.events import replay as events_of
from cli.producer.lanes import Pace, Sender
from cli.progress import deploy_with_progress
from cli.query import show
from cli.replay import kinesis_client, parse_months, run, upload_reference
from cli.steps import Steps
from contracts import load

DELIVERY_SECONDS = 300
POLL_SECONDS = 0.5
SHOWN = ("delay_by_carrier", "quarantine_summary")  # the named queries whose rows the demo prints
SHOWN_ROWS = 8


def demo(
    months: Annotated[str, typer.Option(help="months of 2013 to stream, such as 1 or 1,2")] = "1",
    dirt: Annotated[float, typer.Option(min=0, max=1, help="share of events that get dirt added")] = 0.01,
    seed: Annotated[int, typer.Option(help="the same seed makes the same dirt")] = 7,
    out: Annotated[Path, typer.Option(help="folder for the templates and summary.json")] = ROOT / "out" / "demo",
) -> None:
    """Run everything once: synth, deploy, replay, deliver, crawl, curate, check quality, query.

    Starts a local cloud of its own and stops it at the end. Exit status 1 when a step failed or an event was lost;
    the facts are in OUT/summary.json either way.

    Examples:

      mlref demo

      mlref demo --months 1,2 --dirt 0.05
    """
    console = Console()
    chosen = parse_months(months)
    console.print("[bold]Flights from New York through every service, on this machine[/bold]\n")
    story = Demo(console, out.resolve())
    try:
        story.tell(chosen, Dirt(dirt, seed))
    except KeyboardInterrupt:
        console.print("Stopped. The local cloud is gone with everything in it.")
        raise typer.Exit(130) from None
    except UserError as error:
        story.facts["error"] = str(error)
        raise
    finally:
        story.write()


class Demo:
    """The steps in order, and the facts they leave for ``summary.json``."""

    def __init__(self, console: Console, out: Path) -> None:
        self.console = console
        self.out = out
        self.steps = Steps(console)
        self.facts: dict[str, Any] = {}

    def tell(self, months: list[int], dirt: Dirt) -> None:
        """All of it. Raises UserError at the first step that fails, and when an event is lost."""
        with self.cloud() as endpoint:
            self.deploy(endpoint)
            names = outputs()
            self.stream(months, dirt, names.event_stream, names.lake_bucket)
            self.curate(names.reference_crawler, names.events_crawler, names.curate_job)
            results = self.query(names.work_group, names.database)
        self.show(results)

    @contextlib.contextmanager
    def cloud(self) -> Iterator[Endpoint]:
        """A local cloud, which every AWS client of this process talks to, and the templates for it."""
        self.out.mkdir(parents=True, exist_ok=True)
        synth = start_synth(self.out / "cdk.out")  # on the other core, while the cloud starts
        try:
            with contextlib.ExitStack() as stack:
                with self.steps.step("start", "starting the local cloud") as step:
                    endpoint = stack.enter_context(local_cloud())
                    os.environ.update(endpoint.environment)
                    step.result = f"local cloud at {endpoint.endpoint}"
                with self.steps.step("synth", "synthesizing the stacks: python app.py") as step:
                    finish_synth(synth)
                    step.result = "templates and assets, as cdk deploy would send them"
                yield endpoint
        finally:
            synth.kill()
            synth.wait()

    def deploy(self, endpoint: Endpoint) -> None:
        """Through CloudFormation, in the order of the dependencies."""
        with self.steps.step("deploy", "deploying the stacks", spinner=False) as step:
            deployed = deploy_with_progress(self.out / "cdk.out", endpoint, self.console, transient=True)
            stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
            self.facts["stacks"] = {item["StackName"]: item["StackStatus"] for item in stacks}
            step.result = ", ".join(deployed)

    def stream(self, months: list[int], dirt: Dirt, stream: str, bucket: str) -> None:
        """Replay the months, wait until Firehose has delivered them, and account for every event."""
        with self.steps.step("reference", "uploading the reference files") as step:
            step.result = ", ".join(path.name for path, _ in upload_reference(bucket))
        with self.steps.step("replay", "replaying events", spinner=False) as step:
            sender = Sender(kinesis_client(), stream, Pace(0, 0))
            sent = run(sender, dirt.spread(events_of(months)), count(months), self.console, transient=True)
            if sent.interrupted:
                raise KeyboardInterrupt
            step.result = f"{sent.accepted:,} records, {sent.accepted / sent.seconds:,.0f} a second"
        with self.steps.step("deliver", "waiting for Firehose to deliver") as step:
            found = self._delivered(bucket, sent.accepted)
            self.facts["events"] = {
                "sent": found.sent,
                "delivered": found.delivered,
                "quarantined": found.quarantined,
                "dropped": found.dropped,
                "lost": sent.accepted - found.delivered - found.quarantined - found.dropped,
            }
            step.result = ", ".join(f"{number:,} {what}" for what, number in self.facts["events"].items())
            if self.facts["events"]["lost"] or found.sent != sent.accepted:
                raise UserError(f"{sent.accepted:,} records were accepted by the stream, but: {step.result}")

    def curate(self, reference_crawler: str, events_crawler: str, job: str) -> None:
        """Catalog what arrived, run the Spark job, and read what its quality gate said."""
        with self.steps.step("crawl", "crawling the reference files and the events") as step:
            crawl([reference_crawler, events_crawler])
            step.result = "reference tables and event partitions are in the catalog"
        with self.steps.step("curate", "curating the flights on Spark") as step:
            finished = run_job(job)
            step.result = f"Glue job {job} {finished['JobRunState']}"
        with self.steps.step("quality", "reading the quality rules' outcomes") as step:
            rules = quality(job)
            passed = sum(rule.passed for rule in rules)
            step.result = f"{passed} of {len(rules)} rules hold on the published rows"
            self.facts["quality"] = {rule.rule: rule.passed for rule in rules}

    def query(self, workgroup: str, database: str) -> dict[str, QueryResult]:
        """Count every table and run every named query."""
        with self.steps.step("queries", "asking Athena") as step:
            self.facts["tables"] = {
                table: int(run_query(f"SELECT count(*) AS n FROM {table}", workgroup, database).rows[0][0] or 0)  # noqa: S608 - names of the contract
                for table in load("flights").tables
            }
            results = {name: run_query(sql, workgroup, database) for name, sql in named_queries(workgroup).items()}
            self.facts["queries"] = {
                name: {"rows": len(result.rows), "seconds": round(result.seconds, 3)}
                for name, result in results.items()
            }
            step.result = f"{len(results)} named queries, {self.facts['tables']['flights']:,} curated flights"
        return results

    def show(self, results: dict[str, QueryResult]) -> None:
        """The end of the story: two answers, and what every query took."""
        for name in SHOWN:
            self.console.print()
            show(results[name], self.console, title=f"Named query {name}", limit=SHOWN_ROWS)
        overview = QueryResult(
            ["named query", "rows", "seconds"],
            [[name, str(len(item.rows)), f"{item.seconds:.2f}"] for name, item in results.items()],
            sum(item.seconds for item in results.values()),
            sum(item.scanned for item in results.values()),
        )
        self.console.print()
        show(overview, self.console, title="All named queries")
        seconds = sum(self.steps.seconds.values())
        self.console.print(f"\nDone in {seconds:.0f} s. The facts: {self.out / 'summary.json'}", highlight=False)

    def write(self) -> None:
        """Leave the facts, also those of a run that failed."""
        facts = {**self.facts, "timings": self.steps.seconds}
        (self.out / "summary.json").write_text(json.dumps(facts, indent=2) + "\n", "utf-8")

    def _delivered(self, bucket: str, accepted: int) -> Account:
        """Poll S3 until as many records as were accepted are accounted for, or time is up."""
        deadline = time.monotonic() + DELIVERY_SECONDS
        accountant = Accountant(bucket)
        while True:
            found = accountant.count()
            settled = found.delivered + found.quarantined + found.dropped
            if (found.sent >= accepted and settled >= accepted) or time.monotonic() > deadline:
                return found
            time.sleep(POLL_SECONDS)
