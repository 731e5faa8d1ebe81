"""A Sail session, and the reference tables of the payments in it."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from datasets.payments import producer
from datasets.payments.curation import CONTRACT
from processing.glue.curation import conform_reference


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    os.environ.setdefault("RUST_LOG", "error")
    from pysail.spark import SparkConnectServer  # noqa: PLC0415 - its log level is read when it loads
    from pyspark.sql import SparkSession  # noqa: PLC0415 - heavy

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    yield session
    session.stop()
    server.stop()


@pytest.fixture(scope="module")
def reference(spark: Any) -> dict[str, Any]:
    return {
        table.name: conform_reference(
            spark.read.option("header", True).csv(str(producer.data_folder() / f"{table.name}.csv")), table
        )
        for table in CONTRACT.reference
    }
