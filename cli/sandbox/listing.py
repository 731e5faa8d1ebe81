"""The catalogue with what each architecture costs idle."""

import re
import tomllib
from pathlib import Path
from typing import Any

from cli.cloud.local import ROOT
from cli.console import Console, Table, styled
from costs.estimate import Estimate, estimate
from costs.prices import price_table
from settings import Settings
from stacks import catalogue
from stacks.architecture import Architecture
from stacks.outputs import stack_name

Facts = dict[str, Any]


def everything() -> dict[str, str]:
    """Settings with every architecture. What one is brought along by adds nothing to the cost of the others."""
    brought = (item.setting for item in catalogue.CATALOGUE if item.setting)
    return {"architectures": catalogue.ALL, **dict(brought)}


def listed(assembly: Path, settings: Settings, regions: tuple[str, ...]) -> list[Facts]:
    """Facts of each architecture, the core first. Raises CostError for what has no price.

    Args:
        assembly: of the settings, with every architecture in it.
    """
    estimates = [estimate(assembly, settings, price_table(), region) for region in regions]
    return [_facts(item, settings, estimates) for item in catalogue.core_first()]


def packages(extra: str) -> list[str]:
    """Names of the packages of an extra of pyproject.toml, none of no extra."""
    if not extra:
        return []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [re.split(r"[^\w.-]", package)[0] for package in project["optional-dependencies"][extra]]


def _facts(item: Architecture, settings: Settings, estimates: list[Estimate]) -> Facts:
    own = {stack_name(settings.prefix, stack) for stack in item.stacks}
    return {
        "name": item.name,
        "title": item.title,
        "layer": item.layer,
        "rows": list(item.rows),
        "stacks": list(item.stacks),
        "needs": list(item.needs),
        "core": item.default,
        "context": item.context or None,
        "idle_usd_a_day": {
            found.region: sum(resource.day for resource in found.items if resource.stack in own)
            for found in estimates
        },
        "local": item.local,
        "local_why": item.why,
        "packages": packages(item.extra),
        "story": item.story or None,
        "page": item.page,
    }


def show(found: list[Facts], console: Console) -> None:
    table = Table(title="Idle cost in $ a day", show_edge=False, show_lines=True)
    table.add_column("architecture", no_wrap=True)
    table.add_column("what")
    for region in found[0]["idle_usd_a_day"]:
        table.add_column(region, justify="right", no_wrap=True)
    for item in found:
        told = {
            "stacks": ", ".join(item["stacks"]),
            "needs": ", ".join(item["needs"]),
            "rows": " ".join(item["rows"]),
            "here": item["local"] + (f", for {item['local_why']}" if item["local_why"] else ""),
            "takes": ", ".join(item["packages"]),
            "asked for by": f"-c {item['context']}" if item["context"] else "",
        }
        table.add_row(
            styled((item["name"], "bold"), f"\n{item['layer']}" + (", core" if item["core"] else "")),
            "\n".join([item["title"], *(f"{name}: {text}" for name, text in told.items() if text)]),
            *(f"{dollars:.2f}" for dollars in item["idle_usd_a_day"].values()),
        )
    console.print(table)
