"""The script of a data-quality evaluation run: read the table once, evaluate each rule set."""

from datetime import UTC, datetime

from dqdl.evaluate import evaluate, overall_score

from glue_local.catalog import read_table
from glue_local.run import current_run

run = current_run()
asked = run.spec["quality"]
frame = read_table(
    run.spark(),
    asked["database"],
    asked["table"],
    predicate=asked["predicate"],
    context="",
    options={"catalogPartitionPredicate": asked["expression"]},
)
for name, ruleset in asked["rulesets"].items():
    started = datetime.now(UTC)
    outcomes = evaluate(ruleset, frame, run.spark())
    run.control.send(
        "quality_result",
        context=name,
        ruleset=name,
        started=started.timestamp(),
        score=overall_score(outcomes),
        rules=[
            {"rule": item.rule, "outcome": item.outcome, "reason": item.reason, "metrics": item.metrics}
            for item in outcomes
        ],
    )
