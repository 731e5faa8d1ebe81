"""The reference tables of the payments in Sail."""

from typing import Any

import pytest

from datasets.payments import producer
from datasets.payments.curation import CONTRACT
from processing.glue.curation import conform_reference


@pytest.fixture(scope="module")
def reference(spark: Any) -> dict[str, Any]:
    return {
        table.name: conform_reference(
            spark.read.option("header", True).csv(str(producer.data_folder() / f"{table.name}.csv")), table
        )
        for table in CONTRACT.reference
    }
