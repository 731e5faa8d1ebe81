"""The first half: events become a table that answers questions."""

import time

from cli.lake.athena import QueryResult, named_queries, run_query
from cli.lake.history import load as load_months
from cli.lake.lakehouse import crawl, quality, run_job
from cli.lake.producer.accounting import Account, Accountant
from cli.lake.producer.dirt import Dirt
from cli.lake.producer.history import Loaded
from cli.lake.producer.lanes import Pace, Sender
from cli.lake.producer.objects import s3_client
from cli.lake.producer.quarantine import causes
from cli.lake.producer.quarantine import read as read_refused
from cli.lake.query import show as show_rows
from cli.lake.replay import kinesis_client, run, upload_reference
from contracts import load
from datasets.parts import producer
from stories.core.story import Story

DELIVERY_SECONDS = 300
POLL_SECONDS = 0.5
SHOWN_ROWS = 8

Answers = dict[str, QueryResult]


def tell(story: Story, months: list[int], dirt: Dirt) -> Answers:
    """All of it; the answers of the named queries. Raises UserError at the first step that fails."""
    stream(story, months, dirt)
    history(story, "history", [month for month in story.scenario.history if month not in months])
    catalogue(story, "crawl")
    curate(story, "curate")
    gate(story)
    return query(story)


def reference(story: Story) -> None:
    """Upload the reference files."""
    with story.steps.step("reference", "uploading the reference files") as step:
        uploaded = upload_reference(story.names.lake_bucket, story.dataset)
        step.result = ", ".join(path.name for path, _ in uploaded) or "there are none"


def stream(story: Story, months: list[int], dirt: Dirt) -> None:
    """Replay the months, wait until Firehose has delivered them, and account for every event."""
    reference(story)
    with story.steps.step("replay", "replaying events", spinner=False) as step:
        source, sender = producer(story.dataset), Sender(kinesis_client(), story.names.event_stream, Pace(0, 0))
        sent = run(sender, dirt.spread(source.replay(months)), source.count(months), story.console, transient=True)
        if sent.interrupted:
            raise KeyboardInterrupt
        step.result = f"{sent.accepted:,} records, {sent.accepted / sent.seconds:,.0f} a second"
    with story.steps.step("deliver", "waiting for Firehose to deliver") as step:
        found = _delivered(story.accountant, sent.accepted)
        told = {
            "sent": found.sent,
            "delivered": found.delivered,
            "quarantined": found.quarantined,
            "dropped": found.dropped,
            "lost": sent.accepted - found.delivered - found.quarantined - found.dropped,
        }
        step.result = ", ".join(f"{number:,} {what}" for what, number in told.items())
        story.facts["events"] = {**told, "history": {"read": 0, "loaded": 0, "refused": 0}}
        refused = read_refused(s3_client(), story.names.lake_bucket, load(story.dataset).events)
        story.seen.refused = [(cause, number) for cause, number, *_ in causes(refused)]
        story.check(
            "Every record that the stream accepted is delivered, quarantined or dropped",
            not told["lost"] and found.sent == sent.accepted,
            step.result,
            f"{sent.accepted:,} records were accepted by the stream, but: {step.result}",
        )


def history(story: Story, name: str, months: list[int]) -> None:
    """Load months past the stream, and account for every event of them by what lies in S3."""
    nothing = {"history": {"read": 0, "loaded": 0, "refused": 0}}
    bucket, told = story.names.lake_bucket, story.facts.setdefault("events", nothing)["history"]
    with story.steps.step(name, f"loading months {months}", spinner=False) as step:
        done: dict[int, Loaded] = {}
        load_months(bucket, story.dataset, months, story.console, done, transient=True)
        told["read"] += sum(item.read for item in done.values())
        told["refused"] += sum(item.refused.total() for item in done.values())
        told["loaded"] = story.accountant.count().loaded
        files = sum(item.files for item in done.values())
        rows = sum(item.rows for item in done.values())
        which = ", ".join(str(month) for month in months) or "none"
        step.result = f"months {which} past the stream: {rows:,} events in {files} files"
        story.check(
            f"Every event that was read past the stream, and not refused, is in S3: {name}",
            told["loaded"] == told["read"] - told["refused"],
            f"{told['read']:,} read so far, {told['refused']:,} refused, {told['loaded']:,} in S3",
            f"{told['read']:,} events were read for history, but in S3 are {told['loaded']:,}",
        )


def catalogue(story: Story, name: str) -> None:
    """Let the crawlers find what has come."""
    with story.steps.step(name, "crawling the reference files and the events") as step:
        crawl(story.names.crawlers)
        step.result = "reference tables and event partitions are in the catalog"


def curate(story: Story, name: str) -> None:
    """Run the Spark job over the new events."""
    job = story.names.curate_job
    with story.steps.step(name, f"curating the {story.scenario.rows} on Spark") as step:
        step.result = f"Glue job {job} {run_job(job)['JobRunState']}"


def gate(story: Story) -> None:
    """Read what the job's quality rules said."""
    with story.steps.step("quality", "reading the quality rules' outcomes") as step:
        rules = story.seen.rules = quality(story.names.curate_job)
        passed = sum(rule.passed for rule in rules)
        step.result = f"{passed} of {len(rules)} rules hold on the published rows"
        story.facts["quality"] = {rule.rule: rule.passed for rule in rules}
        story.check("Every quality rule holds on the published rows", passed == len(rules), step.result)


def query(story: Story) -> Answers:
    """Count every table and run every named query."""
    group, database = story.names.work_group, story.names.database
    with story.steps.step("queries", "asking Athena") as step:
        tables = {
            table: int(run_query(f"SELECT count(*) AS n FROM {table}", group, database).rows[0][0] or 0)  # noqa: S608 - names of the contract
            for table in load(story.dataset).tables
        }
        answers = {name: run_query(sql, group, database) for name, sql in named_queries(group).items()}
        story.facts["tables"], story.seen.answers = tables, answers
        story.facts["queries"] = {
            name: {"rows": len(answer.rows), "seconds": round(answer.seconds, 3)} for name, answer in answers.items()
        }
        rows = tables[load(story.dataset).curated.name]
        step.result = f"{len(answers)} named queries, {rows:,} curated {story.scenario.rows}"
        story.check("The curated table has rows, and every named query runs on it", rows > 0, step.result)
    return answers


def show(story: Story, answers: Answers) -> None:
    """Two answers, and what every query took."""
    for name in story.scenario.queries:
        story.console.print()
        show_rows(answers[name], story.console, title=f"Named query {name}", limit=SHOWN_ROWS)
    overview = QueryResult(
        ["named query", "rows", "seconds"],
        [[name, str(len(item.rows)), f"{item.seconds:.2f}"] for name, item in answers.items()],
        sum(item.seconds for item in answers.values()),
        sum(item.scanned for item in answers.values()),
    )
    story.console.print()
    show_rows(overview, story.console, title="All named queries")


def _delivered(accountant: Accountant, accepted: int) -> Account:
    """Poll S3 until as many records as were accepted are accounted for, or time is up."""
    deadline = time.monotonic() + DELIVERY_SECONDS
    while True:
        found = accountant.count()
        settled = found.delivered + found.quarantined + found.dropped
        if (found.sent >= accepted and settled >= accepted) or time.monotonic() > deadline:
            return found
        time.sleep(POLL_SECONDS)
