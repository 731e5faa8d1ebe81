"""The core's architecture, and the numbers of a run on its arrows."""

from typing import Any

from stories.report.diagram import Arrow, Diagram, Node

CORE = Diagram(
    {
        "producer": Node((0, 0), "Producer", "replays what happened"),
        "stream": Node((0, 1), "Kinesis", "keeps the order"),
        "firehose": Node((1, 1), "Firehose + Lambda", "checks, writes Parquet"),
        "errors": Node((1, 0), "S3 errors/", "refused, with the reason"),
        "history": Node((2, 0), "Batch load", "whole months at once"),
        "raw": Node((2, 1), "S3 raw/", "events by type and day"),
        "job": Node((2, 2), "Glue Spark", "joins, past-only windows"),
        "rules": Node((3, 2), "Glue Data Quality", "gate before publishing"),
        "curated": Node((1, 2), "S3 curated/", "one row each, by day"),
        "athena": Node((0, 2), "Athena", "named queries"),
        "training": Node((1, 3), "SageMaker Pipeline", "train, check, register"),
        "registry": Node((2, 3), "Model registry", "versions to approve"),
        "endpoint": Node((3, 3), "SageMaker endpoint", "canary, rollback"),
        "capture": Node((3, 4), "S3 capture/", "requests and answers"),
        "monitoring": Node((2, 4), "Monitoring pipeline", "drift and quality"),
        "alarm": Node((1, 4), "CloudWatch alarm", "asks for a new model"),
    },
    (
        Arrow("producer", "stream", "{sent:,}|events"),
        Arrow("stream", "firehose", "{sent:,}|records"),
        Arrow("firehose", "errors", "{quarantined:,}|quarantined"),
        Arrow("firehose", "raw", "{delivered:,}|delivered"),
        Arrow("history", "raw", "{loaded:,}|loaded"),
        Arrow("raw", "job", "{raw_rows:,}|rows at first"),
        Arrow("job", "rules", "{passed} of {rules}|rules hold"),
        Arrow("job", "curated", "{rows:,}|rows at first"),
        Arrow("curated", "athena", "{queries}|queries"),
        Arrow("curated", "training", "{rows:,}|rows"),
        Arrow("training", "registry", "AUC {auc:.3f}|version {version}"),
        Arrow("registry", "endpoint", "version {serving}|serves"),
        Arrow("endpoint", "capture", "{invocations:,}|answers"),
        Arrow("capture", "monitoring", "{windows}|periods"),
        Arrow("monitoring", "alarm", "{violations}|violations"),
        Arrow("alarm", "training", "version {retrained}|is trained again"),
    ),
)


def numbers(facts: dict[str, Any], curated: str, raw: str) -> dict[str, Any]:
    """What the arrows tell, of the facts that are there.

    Args:
        curated: name of the curated table; raw: of the table of events.
    """
    events, model = facts.get("events", {}), facts.get("model", {})
    endpoint, monitor = facts.get("endpoint", {}), facts.get("monitor", {})
    tables, quality = facts.get("tables", {}), facts.get("quality")
    violations = [number for name, number in monitor.items() if name.endswith("_violations")]
    found: dict[str, Any] = {
        **{name: events.get(name) for name in ("sent", "delivered", "quarantined")},
        "loaded": events.get("history", {}).get("loaded"),
        "raw_rows": tables.get(raw),
        "rows": tables.get(curated),
        "passed": sum(quality.values()) if quality else None,
        "rules": len(quality) if quality else None,
        "queries": len(facts["queries"]) if "queries" in facts else None,
        "auc": model.get("auc_temporal"),
        "version": model.get("version"),
        "serving": endpoint.get("version", model.get("version") if endpoint.get("status") == "InService" else None),
        "invocations": endpoint.get("invocations"),
        "windows": len(violations) or None,
        "violations": sum(violations) if violations else None,
        "retrained": model.get("retrained", {}).get("version"),
    }
    return {name: value for name, value in found.items() if value is not None}
