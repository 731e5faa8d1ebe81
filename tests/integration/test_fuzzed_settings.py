"""Settings drawn at random that are accepted make templates that cfn-lint accepts too.

What is refused, and how, is in tests/unit/test_settings.py.
"""

import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from cfnlint.api import lint_by_config
from cfnlint.config import ManualArgs
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.definition import image_regions
from settings import Settings, SettingsError, from_context
from settings.deployment import LOG_RETENTION_DAYS
from settings.instances import ENDPOINT_FAMILIES, MONITOR_FAMILIES
from stacks.catalogue import ALL, CORE, named
from tests.soak import SOAK
from tests.stacks.test_lint import IGNORED
from tests.synthesis import synthesize

EXAMPLES = 30 if SOAK else 2
MAX_AT_ONCE = 12  # more settings at once seldom agree with each other
DRAWN_ELSEWHERE = {  # settings whose values a validator decides
    "architectures": st.sampled_from((ALL, CORE, *named(ALL))),
    "region": st.sampled_from(sorted(image_regions("xgboost", "sklearn"))),
    "zones": st.sampled_from(("us-east-1a,us-east-1f", "eu-west-1b,eu-west-1c")),
    "log_retention_days": st.sampled_from(LOG_RETENTION_DAYS),
    "endpoint_instance": st.sampled_from(ENDPOINT_FAMILIES).map(lambda family: f"ml.{family}.large"),
    "monitor_instance": st.sampled_from(MONITOR_FAMILIES).map(lambda family: f"ml.{family}.large"),
}


def values(name: str) -> st.SearchStrategy[Any]:
    """Values of a setting within its own bounds, the outermost often."""
    if name in DRAWN_ELSEWHERE:
        return DRAWN_ELSEWHERE[name]
    field = Settings.model_fields[name]
    kind = field.annotation
    if get_origin(kind) is not Literal and get_args(kind):  # X | None
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if kind is bool:
        return st.booleans()
    bounds = {key: getattr(item, key) for item in field.metadata for key in ("ge", "gt", "le") if hasattr(item, key)}
    if kind in (int, float):
        low, high = bounds.get("ge", bounds.get("gt", 0) + 1), bounds["le"]
        between = st.integers(low, high) if kind is int else st.floats(low, high)
        return st.sampled_from((low, high)) | between
    pattern = next(item.pattern for item in field.metadata if getattr(item, "pattern", None))
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)


def accepted(context: dict[str, Any]) -> bool:
    try:
        from_context(context)
    except SettingsError:
        return False
    return True


CONTEXTS = (
    st.lists(st.sampled_from(sorted(Settings.model_fields)), min_size=2, max_size=MAX_AT_ONCE, unique=True)
    # with the network, which touches every stack, in half of the templates
    .flatmap(lambda names: st.fixed_dictionaries({name: values(name) for name in dict.fromkeys((*names, "network"))}))
    .filter(accepted)
)


@pytest.fixture(scope="module")
def drawn() -> list[dict[str, Any]]:
    """Contexts of the app: the same in every run."""
    found: list[dict[str, Any]] = []

    @settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(CONTEXTS)
    def draw(context: dict[str, Any]) -> None:
        found.append(context)

    draw()
    return found


def test_accepted_settings_make_templates_that_cfn_lint_accepts(drawn: list[dict[str, Any]], tmp_path: Path) -> None:
    assert len({name for context in drawn for name in context}) > len(drawn), "settings of many kinds were drawn"
    for number, context in enumerate(drawn):
        try:
            synthesize(tmp_path / str(number), context)
        except Exception as error:
            raise AssertionError(f"the app cannot use the settings {context}: {error}") from error
    templates = sorted(tmp_path.glob("*/*.template.json"))
    assert len(list(tmp_path.glob("*/Network.template.json"))) > 0
    assert len(templates) > 3 * len(drawn)
    found = lint_by_config(
        ManualArgs(
            templates=[str(path) for path in templates], ignore_checks=IGNORED, regions=["us-east-1", "eu-west-1"]
        )
    )
    assert [f"{drawn[int(Path(match.filename).parent.name)]}: {match}" for match in found] == []
