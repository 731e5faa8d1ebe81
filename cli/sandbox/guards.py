"""``mlref guards``: what cdk-nag's packs find in the templates, and why it is accepted."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import typer

from cli.cloud.local import ROOT
from cli.console import Console, Table, styled
from cli.context import Context, parse_context
from cli.errors import UserError


def guards(context: Context = None) -> None:
    """Report what five more packs of cdk-nag find: HIPAA, NIST 800-53 R4 and R5, PCI DSS, Serverless.

    In all architectures, unless settings choose. AwsSolutions is not among the packs: it is enforced at every
    synthesis. Exit status 1 for a finding without a reason.

    Examples:

      mlref guards

      mlref guards -c architectures=serving
    """
    from guards.nag import accepted, report, unexpected  # noqa: PLC0415 - keeps `--help` fast

    given = parse_context(context or [])
    with tempfile.TemporaryDirectory(prefix="mlref-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "guards.nag", folder],
            cwd=ROOT,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
                "CDK_CONTEXT_JSON": json.dumps(given),
            },
            capture_output=True,  # the packs print each finding by itself
            text=True,
            check=False,
        )
        if done.returncode:
            raise UserError(f"the app does not synthesize: {done.stderr.strip().splitlines()[-1]}")
        findings = report(Path(folder))
    rules = Counter(finding.rule for finding in {(f.rule, f.construct): f for f in findings}.values())
    packs = {rule: sorted({finding.pack for finding in findings if finding.rule == rule}) for rule in rules}
    table = Table("rule", "constructs", "packs", "accepted because", show_edge=False, show_lines=True)
    for rule, number in sorted(rules.items()):
        reason = accepted().get(rule, {}).get("reason") or styled(("-", "red"))
        table.add_row(rule, str(number), "\n".join(packs[rule]), reason)
    console = Console()
    console.print(table)
    if sentences := list(unexpected(findings, whole=not given)):
        for sentence in sentences:
            console.print(sentence, style="red")
        raise typer.Exit(1)
