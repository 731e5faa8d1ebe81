"""``mlref curate``: what lies in the lake becomes the curated table."""

from cli.console import Console
from cli.deployment import outputs
from cli.steps import Steps


def curate() -> None:
    """Crawl the reference files and the new events, then run the curation job and show its quality rules.

    Example:

      mlref curate
    """
    from cli.lake.lakehouse import crawl, quality, run_job  # noqa: PLC0415 - keeps `--help` fast

    names = outputs()
    steps = Steps(Console(stderr=True))
    with steps.step("crawl", "crawling the reference files and the events") as step:
        crawl(names.crawlers)
        step.result = "reference tables and event partitions are in the catalog"
    with steps.step("curate", "curating the events on Spark") as step:
        step.result = f"Glue job {names.curate_job} {run_job(names.curate_job)['JobRunState']}"
    with steps.step("quality", "reading the quality rules' outcomes") as step:
        rules = quality(names.curate_job)
        step.result = f"{sum(rule.passed for rule in rules)} of {len(rules)} rules held when rows were last published"
