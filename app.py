#!/usr/bin/env python3
"""The CDK app: settings → stacks → validations. No AWS calls, no lookups, nothing read from the environment."""

import json
import sys
from pathlib import Path

import aws_cdk as cdk
import cdk_nag

import contracts
from settings import Settings, SettingsError, from_context
from stacks import outputs
from stacks.foundation import Foundation
from stacks.lakehouse import Lakehouse
from stacks.stream_ingest import StreamIngest


def declare(app: cdk.App, settings: Settings) -> None:
    """Declare the stacks in ``app``, each with what it shares with the others as arguments."""
    env = cdk.Environment(account=settings.account, region=settings.region)
    flights = contracts.load("flights")

    def name(stack: str) -> str:
        return outputs.stack_name(settings.prefix, stack)

    foundation = Foundation(app, outputs.FOUNDATION, settings=settings, env=env, stack_name=name(outputs.FOUNDATION))
    ingest = StreamIngest(
        app,
        outputs.STREAM_INGEST,
        settings=settings,
        events=flights.table("flight_events"),
        key=foundation.key,
        lake=foundation.lake,
        database=foundation.database_name,
        alarm_topic=foundation.alarm_topic,
        env=env,
        stack_name=name(outputs.STREAM_INGEST),
    )
    Lakehouse(
        app,
        outputs.LAKEHOUSE,
        settings=settings,
        contract=flights,
        events_table=ingest.events_table,
        key=foundation.key,
        lake=foundation.lake,
        database=foundation.database_name,
        env=env,
        stack_name=name(outputs.LAKEHOUSE),
    )
    cdk.Tags.of(app).add("project", settings.prefix)
    # Synthesis fails on a finding that nobody has given a reason for. Costs half a second.
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))


def main() -> None:
    # The CLI passes the context of cdk.json on; `python app.py` alone is to give the same templates.
    app = cdk.App(context=json.loads(Path(__file__).with_name("cdk.json").read_text("utf-8"))["context"])
    try:
        settings = from_context(app.node.get_all_context())
    except SettingsError as error:
        sys.exit(str(error))
    declare(app, settings)
    app.synth()


if __name__ == "__main__":
    main()
