#!/usr/bin/env python3
"""The CDK app: settings → chosen architectures → validations. No AWS calls, no lookups, no environment is read."""

import json
import sys
from pathlib import Path

import aws_cdk as cdk
import cdk_nag

import contracts
from contracts.model import ContractError
from settings import Settings, SettingsError, from_context
from stacks import catalogue
from stacks.declared import Declared


def declare(app: cdk.App, settings: Settings) -> None:
    """Declare the chosen architectures in ``app``, each after what it needs (stacks/core.py has those of the core)."""
    declared = Declared(app, settings, contracts.load(settings.dataset))
    for architecture in catalogue.chosen(settings):
        architecture.declare(declared)
    for name, value in settings.all_tags.items():
        cdk.Tags.of(app).add(name, value)
    # Synthesis fails on a finding that nobody has given a reason for. Costs half a second.
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))


def main() -> None:
    # The CLI passes the context of cdk.json on; `python app.py` alone is to give the same templates.
    app = cdk.App(context=json.loads(Path(__file__).with_name("cdk.json").read_text("utf-8"))["context"])
    try:
        settings = from_context(app.node.get_all_context())
        declare(app, settings)
    except (SettingsError, ContractError) as error:
        sys.exit(str(error))
    app.synth()


if __name__ == "__main__":
    main()
