"""Definitions that the grammar of moto does not take as they are."""

import json

import pytest

from localcloud.step_functions.definitions import problems

INNER = {"StartAt": "B", "States": {"B": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": True}}}


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Map", "ItemProcessor": INNER},
        {"Type": "Parallel", "Branches": [INNER]},
        {"Type": "Map",
         "ItemProcessor": {**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}},
         "ItemBatcher": {"MaxItemsPerBatch": 2}, "ToleratedFailurePercentage": 5},
    ],
)  # fmt: skip
def test_it_is_taken(state: dict[str, object]) -> None:
    """Inner states are of the machine's language, whatever that of the state around them."""
    outer = {"StartAt": "A", "States": {"A": {**state, "QueryLanguage": "JSONata", "End": True}}}
    assert problems(json.dumps(outer)) == []
