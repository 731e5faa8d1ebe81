#!/usr/bin/env python3
"""The CDK app: settings → stacks → validations. No AWS calls, no lookups, nothing read from the environment."""

import json
import sys
from pathlib import Path

import aws_cdk as cdk
import cdk_nag

import contracts
from contracts.model import ContractError
from settings import Settings, SettingsError, from_context
from stacks.batch.lakehouse import Lakehouse
from stacks.foundation import Foundation
from stacks.ml.monitoring import Monitoring
from stacks.ml.serving import Serving
from stacks.ml.training import Training
from stacks.network import Network
from stacks.streaming.stream_ingest import StreamIngest


def declare(app: cdk.App, settings: Settings) -> None:
    """Declare the stacks in ``app``, each with what it shares with the others as arguments."""
    data = contracts.load(settings.dataset)
    network = Network(app, settings=settings).jobs if settings.network == "isolated" else None
    foundation = Foundation(app, settings=settings, network=network)
    key, lake, database = foundation.key, foundation.lake, foundation.database
    ingest = StreamIngest(
        app,
        settings=settings,
        events=data.events,
        key=key,
        lake=lake,
        database=database,
        alarm_topic=foundation.alarm_topic,
    )
    lakehouse = Lakehouse(
        app,
        settings=settings,
        contract=data,
        events_table=ingest.events_table,
        key=key,
        lake=lake,
        database=database,
        network=network,
    )
    training = Training(
        app, settings=settings, contract=data, curate_job=lakehouse.curate_job, key=key, lake=lake, network=network
    )
    serving = Serving(
        app,
        settings=settings,
        package_group=training.package_group,
        key=key,
        lake=lake,
        alarm_topic=foundation.alarm_topic,
        network=network,
    )
    Monitoring(
        app,
        settings=settings,
        endpoint=serving.endpoint,
        table=data.curated,
        training_pipeline=training.pipeline_name,
        key=key,
        lake=lake,
        alarm_topic=foundation.alarm_topic,
        network=network,
    )
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
