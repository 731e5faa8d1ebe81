"""The one list of architectures, each after those it needs, and what a choice of them means.

To add one: its entry here, and its own files, which the entry names. Nothing else knows them all.
"""

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from stacks import outputs
from stacks.architecture import Architecture

if TYPE_CHECKING:
    from settings import Settings

ALL, CORE = "all", "core"
REALTIME_SCORING = "realtime_scoring"  # which asks more of the settings than others

CATALOGUE: tuple[Architecture, ...] = (
    Architecture(
        name="network",
        title="Jobs and models in a VPC without a way out",
        layer="foundation",
        rows=("H04",),
        stacks=(outputs.NETWORK,),
        declares="stacks.core:network",
        code=("stacks/network.py", "stacks/parts/job_network.py"),
        page="docs/architectures/network.md",
        tests=("tests/stacks/test_network.py", "tests/integration/test_isolated_deployed.py"),
        local="partly",
        why="the VPC is deployed and its policies are checked, but no packet of a laptop goes through it",
        setting=("network", "isolated"),
    ),
    Architecture(
        name="foundation",
        title="Encrypted lake, key, catalog database, alarms and budget",
        layer="foundation",
        rows=("A01", "A14", "A15", "A16", "H05", "H06"),
        stacks=(outputs.FOUNDATION,),
        declares="stacks.core:foundation",
        code=("stacks/foundation.py", "stacks/parts/bucket.py", "stacks/parts/role.py"),
        page="docs/architectures/foundation.md",
        tests=("tests/stacks/test_foundation.py", "tests/stacks/test_security.py"),
        story="core",
        default=True,
    ),
    Architecture(
        name="events_to_sql",
        title="Kinesis → Firehose → S3, Glue crawler and ETL → Athena",
        layer="streaming",
        rows=("A02", "A03", "A05", "A06", "A07", "B07"),
        stacks=(outputs.STREAM_INGEST, outputs.LAKEHOUSE),
        declares="stacks.core:events_to_sql",
        needs=("foundation",),
        code=(
            "stacks/streaming/stream_ingest.py",
            "stacks/batch/lakehouse.py",
            "lambdas/transform_events",
            "processing/glue",
        ),
        page="docs/architectures/events-to-sql.md",
        tests=("tests/stacks/streaming", "tests/stacks/batch", "tests/e2e/test_events_to_sql.py"),
        story="core",
        default=True,
    ),
    Architecture(
        name="training",
        title="Curated table → SageMaker pipeline → model registry",
        layer="ml",
        rows=("A02", "A08", "A09", "E01"),
        stacks=(outputs.TRAINING,),
        declares="stacks.core:training",
        needs=("events_to_sql",),
        code=("stacks/ml/training.py", "pipelines", "processing/sagemaker"),
        page="docs/architectures/training.md",
        tests=("tests/stacks/ml/test_training.py", "tests/integration/pipelines"),
        story="core",
        default=True,
    ),
    Architecture(
        name="serving",
        title="Approved model → endpoint, by canary with rollback",
        layer="ml",
        rows=("A09", "A10", "F01", "F05"),
        stacks=(outputs.SERVING,),
        declares="stacks.core:serving",
        needs=("training",),
        code=("stacks/ml/serving.py", "lambdas/deploy_model"),
        page="docs/architectures/serving.md",
        tests=("tests/stacks/ml/test_serving.py", "tests/integration/serving"),
        story="core",
        default=True,
    ),
    Architecture(
        name="monitoring",
        title="Captured traffic → drift and quality checks → alarm → retraining",
        layer="ml",
        rows=("A11", "A12", "A13", "A16"),
        stacks=(outputs.MONITORING,),
        declares="stacks.core:monitoring",
        needs=("serving",),
        code=("stacks/ml/monitoring.py", "processing/sagemaker"),
        page="docs/architectures/monitoring.md",
        tests=("tests/stacks/ml/test_monitoring.py", "tests/integration/monitoring"),
        story="core",
        default=True,
    ),
    Architecture(
        name=REALTIME_SCORING,
        title="Each event scored as it happens, doubtful ones by a person",
        layer="streaming",
        rows=("B01", "H07"),
        stacks=(outputs.REALTIME_SCORING,),
        declares="stacks.streaming.realtime_scoring:declare",
        needs=("foundation", "events_to_sql", "training", "serving"),
        code=(
            "stacks/streaming/realtime_scoring.py",
            "stacks/streaming/review.py",
            "datasets/online.py",
            "lambdas/score_events",
            "lambdas/keep_features",
            "lambdas/publish_scores",
            "lambdas/index_reference",
            "lambdas/stop_reviews",
        ),
        page="docs/architectures/realtime-scoring.md",
        tests=("tests/stacks/streaming/test_realtime_scoring.py", "tests/integration/scoring"),
        story="realtime_scoring",
        local="partly",
        why="the local cloud draws no traces; the rest is real",
    ),
)


def chosen(settings: "Settings") -> tuple[Architecture, ...]:
    """What the settings ask for and what that needs, in the order of the declaration."""
    asked = with_needs(named(settings.architectures))
    return tuple(item for item in CATALOGUE if item in asked or item.comes_with(settings))


def with_needs(names: Iterable[str]) -> tuple[Architecture, ...]:
    """The entries of these names, and of what they need, in the order of the declaration."""
    wanted = set(names)
    for item in reversed(CATALOGUE):
        if item.name in wanted:
            wanted |= set(item.needs)
    return tuple(item for item in CATALOGUE if item.name in wanted)


def core_first() -> tuple[Architecture, ...]:
    """As a reader meets them."""
    return tuple(sorted(CATALOGUE, key=lambda item: not item.default))


def named(choice: str) -> tuple[str, ...]:
    """The names in ``serving,monitoring``, ``core`` or ``all``. Raises ValueError, one sentence, for one unknown."""
    names: dict[str, None] = {}
    for word in choice.split(","):
        if word in (ALL, CORE):
            found = [item for item in CATALOGUE if item.setting is None and (item.default or word == ALL)]
        else:
            found = [_one(word)]
        names |= dict.fromkeys(item.name for item in found)
    return tuple(names)


def find(name: str) -> Architecture:
    """The entry. Raises ValueError, one sentence with the nearest right name, when there is none."""
    known = [item.name for item in CATALOGUE]
    for item in CATALOGUE:
        if item.name == name:
            return item
    near = difflib.get_close_matches(name, [*known, CORE, ALL], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}, and {CORE} and {ALL} for many"
    raise ValueError(f"there is no architecture {name!r}: {hint}")


def _one(name: str) -> Architecture:
    found = find(name)
    if found.setting is not None:
        raise ValueError(f"{name} is not chosen by its name: set {'='.join(found.setting)}")
    return found
