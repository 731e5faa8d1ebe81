"""cdk-nag's other packs over the app: reported, while AwsSolutions stops the synthesis (app.py).

``python -m guards.nag FOLDER`` synthesizes into FOLDER with all of them.
"""

import contextlib
import fnmatch
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("nag.yaml")
PACKS = {  # as a report calls them
    "HIPAA.Security": "HIPAASecurityChecks",
    "NIST.800.53.R4": "NIST80053R4Checks",
    "NIST.800.53.R5": "NIST80053R5Checks",
    "PCI.DSS.321": "PCIDSS321Checks",
    "Serverless": "ServerlessChecks",
}


@dataclass(frozen=True, order=True)
class Finding:
    """A rule (without its pack) that a construct breaks, in the pack that says so."""

    rule: str
    construct: str
    pack: str


def report(folder: Path) -> tuple[Finding, ...]:
    """The findings of a synthesis by `synthesize`."""
    document = json.loads((folder / "validation-report.json").read_text("utf-8"))
    return tuple(
        sorted(
            Finding(
                violation["ruleName"].removeprefix(f"{plugin['pluginName']}-"),
                construct["constructPath"].removesuffix("/Resource"),
                plugin["pluginName"],
            )
            for plugin in document["pluginReports"]
            if plugin["pluginName"] in PACKS
            for violation in plugin["violations"]
            for construct in violation["violatingConstructs"]
        )
    )


@cache
def accepted() -> dict[str, Any]:
    """Rule → ``reason``, and the constructs ``where`` it may be broken."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


def unexpected(findings: tuple[Finding, ...], *, whole: bool = True) -> Iterator[str]:
    """Sentences about findings nobody has given a reason for, and about reasons for nothing.

    Args:
        whole: whether the findings are those of all architectures with the default settings; others leave reasons
            without findings.
    """
    for finding in findings:
        where = accepted().get(finding.rule, {}).get("where", [])
        if not any(fnmatch.fnmatchcase(finding.construct, pattern) for pattern in where):
            yield f"{finding.construct} breaks {finding.pack}-{finding.rule}, and guards/nag.yaml has no reason for it"
    for rule, entry in accepted().items() if whole else ():
        for pattern in entry["where"]:
            if not any(f.rule == rule and fnmatch.fnmatchcase(f.construct, pattern) for f in findings):
                yield f"guards/nag.yaml excuses {rule} at {pattern}, where nothing breaks it"


def synthesize(folder: Path) -> None:
    """Synthesize all architectures with all packs; the report is in ``folder`` afterwards.

    The environment may choose other settings, in ``CDK_CONTEXT_JSON`` as the CDK CLI gives them.
    """
    import aws_cdk as cdk  # noqa: PLC0415 - takes a second, and `report` does without
    import cdk_nag  # noqa: PLC0415

    from app import declare  # noqa: PLC0415
    from settings import from_context  # noqa: PLC0415
    from stacks.catalogue import ALL  # noqa: PLC0415

    context = json.loads((FILE.parent.parent / "cdk.json").read_text("utf-8"))["context"]
    app = cdk.App(outdir=str(folder), context={**context, "architectures": ALL})
    declare(app, from_context(app.node.get_all_context()))
    cdk.Validations.of(app).add_plugins(*(getattr(cdk_nag, pack)(app) for pack in PACKS.values()))
    with contextlib.suppress(RuntimeError):  # it raises for findings, once the report is written
        app.synth()


if __name__ == "__main__":
    synthesize(Path(sys.argv[1]))
