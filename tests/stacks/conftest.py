"""The stacks, synthesized once a test process: with the defaults, and with everything set otherwise.

Synthesis costs seconds, so all tests of this folder run in one process (xdist group ``stacks``).
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stacks.catalogue import ALL, CORE, named
from tests import synthesis

# Every setting differs from its default here (test_settings checks that none is forgotten).
OTHERWISE = {
    "architectures": "all",
    "prefix": "other2",
    "account": "111122223333",
    "region": "eu-west-1",
    "database": "other_lake",
    "permissions_boundary": "sandbox-boundary",
    "tags": "owner=me,cost-center=42",
    "network": "isolated",
    "zones": "eu-west-1b,eu-west-1c",
    "keep_data": "true",
    "removal_policy": "retain",
    "noncurrent_days": "90",
    "query_result_days": "1",
    "log_retention_days": "365",
    "stream_mode": "on_demand",
    "retention_hours": "48",
    "buffer_mib": "128",
    "buffer_seconds": "900",
    "transform_buffer_mib": "0.2",
    "transform_memory_mb": "1024",
    "transform_timeout_seconds": "300",
    "transform_retries": "1",
    "glue_workers": "10",
    "glue_timeout_minutes": "120",
    "nightly_hour_utc": "3",
    "quality_gate": "false",
    "athena_cutoff_bytes": "10000000",
    "processing_instance": "ml.m5.large",
    "training_instance": "ml.m5.2xlarge",
    "training_spot": "true",
    "tuning": "true",
    "minimum_auc": "0.65",
    "minimum_gain": "0.02",
    "train_every_days": "7",
    "train_after_curation": "true",
    "endpoint_instance": "ml.c5.large",
    "endpoint_instances": "2",
    "endpoint_max_instances": "4",
    "endpoint_requests_per_minute": "500",
    "challenger_share": "0.2",
    "capture_percent": "50",
    "canary_percent": "25",
    "canary_minutes": "6",
    "endpoint_latency_ms": "250",
    "monitoring": "model_monitor",
    "monitor_every_hours": "12",
    "monitor_instance": "ml.m5.xlarge",
    "truth_delay_hours": "36",
    "retrain_on_violations": "false",
    "retrain_cooldown_hours": "48",
    "train_window_days": "60",
    "score_batch": "50",
    "score_window_seconds": "1",
    "score_parallel": "2",
    "score_retries": "20",
    "score_max_age_seconds": "600",
    "score_wait_ms": "500",
    "score_latency_ms": "2000",
    "score_keep_days": "7",
    "review_margin": "0.05",
    "review_hours": "48",
    "tracing": "adot",
    "alarm_email": "owner@example.com",
    "budget_usd": "25.5",
}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("stacks"))


@dataclass(frozen=True)
class Template:
    """A synthesized template as a graph."""

    name: str
    document: dict[str, Any]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.document["Resources"]
        return found

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Resources of a type, by logical id; none is an error, for a test of nothing shows nothing."""
        found = {key: item for key, item in self.resources.items() if item["Type"] == kind}
        assert found, f"{self.name} has no {kind}"
        return found

    def properties(self, kind: str, like: str = "") -> dict[str, Any]:
        """Properties of the one resource of a type whose logical id starts with ``like``."""
        found: list[dict[str, Any]] = [
            item["Properties"] for key, item in self.of(kind).items() if key.startswith(like)
        ]
        assert len(found) == 1, f"{self.name} has {len(found)} {kind} {like}*"
        return found[0]

    def logical_id(self, kind: str, like: str = "") -> str:
        found = [key for key in self.of(kind) if key.startswith(like)]
        assert len(found) == 1, f"{self.name} has {len(found)} {kind} {like}*"
        return found[0]

    def statements(self, role: str) -> list[dict[str, Any]]:
        """The statements of the role whose logical id starts with ``role``."""
        policies = self.properties("AWS::IAM::Role", role)["Policies"]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def depends_on(self, logical_id: str) -> set[str]:
        """Everything that CloudFormation creates before the resource."""
        reached: set[str] = set()
        waiting = [logical_id]
        while waiting:
            item = self.resources[waiting.pop()]
            explicit = item.get("DependsOn", [])
            direct = set([explicit] if isinstance(explicit, str) else explicit) | set(_references(item["Properties"]))
            new = (direct & self.resources.keys()) - reached
            reached |= new
            waiting.extend(new)
        return reached


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield item
            elif key == "Fn::GetAtt":
                yield item[0]
            else:
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def flat(value: Any) -> str:
    """A value with intrinsic functions as text: references in angle brackets, imports by what they import."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    match function:
        case "Fn::Join":
            text = str(argument[0]).join(flat(item) for item in argument[1])
        case "Fn::GetAtt":
            text = f"<{_short(argument[0])}.{argument[1]}>"
        case "Ref":
            text = f"<{argument if argument.startswith('AWS::') else _short(argument)}>"
        case "Fn::Sub":
            text = str(argument)
        case "Fn::ImportValue":
            text = _imported(argument)
        case "Fn::FindInMap":
            text = f"<{argument[0]}[{flat(argument[1])}][{argument[2]}]>"
        case _:
            raise AssertionError(f"cannot flatten {value}")
    return text


def _imported(export: str) -> str:
    """``mlref-Foundation:ExportsOutputFnGetAttLake5F1B88EAArn65E67816`` is ``<Lake.Arn>``."""
    name = export.partition(":ExportsOutput")[2]
    if found := re.fullmatch(r"FnGetAtt([A-Za-z0-9]+?)[0-9A-F]{8}([A-Za-z]+)[0-9A-F]{8}", name):
        return f"<{found[1]}.{found[2]}>"
    found = re.fullmatch(r"Ref([A-Za-z0-9]+?)(?:[0-9A-F]{8})?[0-9A-F]{8}", name)
    assert found, export
    return f"<{found[1]}>"


def _short(logical_id: str) -> str:
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)


@dataclass(frozen=True)
class Assembly:
    """A cloud assembly, its templates in the order of their deployment."""

    folder: Path
    templates: tuple[Template, ...]

    def __getitem__(self, stack: str) -> Template:
        """The template of a stack, by its name without the prefix."""
        return next(template for template in self.templates if template.name == stack)

    def each(self, kind: str) -> list[tuple[Template, str, dict[str, Any]]]:
        """Resources of a type in any template, with their logical ids; none is an error, as in `Template.of`."""
        found = [
            (template, key, item)
            for template in self.templates
            for key, item in template.resources.items()
            if item["Type"] == kind
        ]
        assert found, f"no {kind}"
        return found

    @property
    def foundation(self) -> Template:
        return self["Foundation"]

    @property
    def ingest(self) -> Template:
        return self["StreamIngest"]

    @property
    def lakehouse(self) -> Template:
        return self["Lakehouse"]

    @property
    def training(self) -> Template:
        return self["Training"]

    @property
    def serving(self) -> Template:
        return self["Serving"]

    @property
    def monitoring(self) -> Template:
        return self["Monitoring"]

    @property
    def network(self) -> Template | None:
        """With network=isolated."""
        return next((template for template in self.templates if template.name == "Network"), None)


Synthesize = Callable[[Path, dict[str, str]], Assembly]


@pytest.fixture(scope="session")
def synthesize() -> Synthesize:
    """Synthesizes the app into a folder, with a context."""

    def assembly(folder: Path, context: dict[str, str]) -> Assembly:
        synthesis.synthesize(folder, context)
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))["artifacts"]
        names = [name for name, item in manifest.items() if item["type"] == "aws:cloudformation:stack"]
        templates = (
            Template(name, json.loads((folder / f"{name}.template.json").read_text("utf-8"))) for name in names
        )
        return Assembly(folder, tuple(templates))

    return assembly


@pytest.fixture(scope="session")
def default(synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The app with the defaults."""
    return synthesize(tmp_path_factory.mktemp("default"), {})


@pytest.fixture(scope="session")
def everything(default: Assembly, synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Every architecture, otherwise with the defaults."""
    if named(ALL) == named(CORE):
        return default
    return synthesize(tmp_path_factory.mktemp("everything"), {"architectures": ALL})


@pytest.fixture(scope="session")
def otherwise(synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The app with every setting changed."""
    return synthesize(tmp_path_factory.mktemp("otherwise"), OTHERWISE)


@pytest.fixture(scope="session")
def isolated(synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """In a network, with our own checks, which `otherwise` has not."""
    checks = {"monitor_every_hours": "6", "truth_delay_hours": "36", "monitor_instance": "ml.c5.xlarge"}
    retraining = {"train_window_days": "60", "retrain_cooldown_hours": "48"}
    return synthesize(tmp_path_factory.mktemp("isolated"), {"network": "isolated", **checks, **retraining})


@pytest.fixture(scope="session")
def serverless(synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    larger = {"endpoint_memory_mb": "4096", "endpoint_concurrency": "9"}
    return synthesize(tmp_path_factory.mktemp("serverless"), {"endpoint": "serverless", **larger})


@pytest.fixture(scope="session")
def switched_off(synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Neither endpoint nor monitoring."""
    return synthesize(tmp_path_factory.mktemp("off"), {"endpoint": "off", "monitoring": "off"})


@pytest.fixture(scope="session", params=["default", "otherwise"])
def assembly(request: pytest.FixtureRequest) -> Assembly:
    """Each of the two."""
    found: Assembly = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def other_settings() -> dict[str, str]:
    return OTHERWISE


@pytest.fixture(scope="session")
def flatten() -> Any:
    return flat
