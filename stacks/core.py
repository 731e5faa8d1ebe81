"""The core, and the network around it: each architecture's stacks with what they share as arguments."""

from stacks.batch.lakehouse import Lakehouse
from stacks.declared import Declared
from stacks.foundation import Foundation
from stacks.ml.monitoring import Monitoring
from stacks.ml.serving import Serving
from stacks.ml.training import Training
from stacks.network import Network
from stacks.parts.job_network import JobNetwork
from stacks.streaming.stream_ingest import StreamIngest


def network(declared: Declared) -> None:
    """A place for jobs and models."""
    Network(declared.app, settings=declared.settings)


def jobs_network(declared: Declared) -> JobNetwork | None:
    """Where jobs and models run; None in the services' own network."""
    found = declared.optional(Network)
    return found.jobs if found is not None else None


def foundation(declared: Declared) -> None:
    """What everything is stored in, encrypted with and told to."""
    Foundation(declared.app, settings=declared.settings, network=jobs_network(declared))


def events_to_sql(declared: Declared) -> None:
    """Events into the lake, and a table of them."""
    base = declared.of(Foundation)
    ingest = StreamIngest(
        declared.app,
        settings=declared.settings,
        events=declared.contract.events,
        key=base.key,
        lake=base.lake,
        database=base.database,
        alarm_topic=base.alarm_topic,
    )
    Lakehouse(
        declared.app,
        settings=declared.settings,
        contract=declared.contract,
        events_table=ingest.events_table,
        key=base.key,
        lake=base.lake,
        database=base.database,
        network=jobs_network(declared),
    )


def training(declared: Declared) -> None:
    """A model of the table."""
    base = declared.of(Foundation)
    Training(
        declared.app,
        settings=declared.settings,
        contract=declared.contract,
        curate_job=declared.of(Lakehouse).curate_job,
        key=base.key,
        lake=base.lake,
        network=jobs_network(declared),
    )


def serving(declared: Declared) -> None:
    """An endpoint of the model."""
    base = declared.of(Foundation)
    Serving(
        declared.app,
        settings=declared.settings,
        package_group=declared.of(Training).package_group,
        key=base.key,
        lake=base.lake,
        alarm_topic=base.alarm_topic,
        network=jobs_network(declared),
    )


def monitoring(declared: Declared) -> None:
    """Checks of the endpoint's traffic."""
    base = declared.of(Foundation)
    Monitoring(
        declared.app,
        settings=declared.settings,
        endpoint=declared.of(Serving).endpoint,
        table=declared.contract.curated,
        training_pipeline=declared.of(Training).pipeline_name,
        key=base.key,
        lake=base.lake,
        alarm_topic=base.alarm_topic,
        network=jobs_network(declared),
    )
