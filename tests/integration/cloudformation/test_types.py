"""Every type: created with rich properties, read back leaf by leaf, changed in place, changed back, deleted."""

from fnmatch import fnmatchcase

import pytest

from localcloud import LocalCloud
from localcloud.cloudformation.types import TYPES
from tests.integration.cloudformation.case import Case, left_over, missing
from tests.integration.cloudformation.cases import (
    analytics,
    compute,
    hosting,
    learning,
    messaging,
    monitoring,
    network,
    storage,
)
from tests.integration.cloudformation.conftest import Stacks
from tests.integration.cloudformation.inventory import inventory

CASES = [
    *storage.CASES,
    *analytics.CASES,
    *compute.CASES,
    *messaging.CASES,
    *learning.CASES,
    *hosting.CASES,
    *monitoring.CASES,
    *network.CASES,
]


def test_every_type_has_a_case() -> None:
    assert {case.type for case in CASES} == set(TYPES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type.removeprefix("AWS::"))
def test_type(case: Case, cloud: LocalCloud, stacks: Stacks) -> None:
    case.prepare(cloud)
    before = inventory(cloud)

    stack = stacks.create(case.template(case.properties))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack["Failures"]
    outputs = stacks.outputs()
    reference = outputs.pop("Ref")
    assert fnmatchcase(reference, case.ref)
    for value, (name, pattern) in zip(outputs.values(), case.attributes.items(), strict=True):
        assert fnmatchcase(value, pattern), name
    assert missing(case.properties, case.read(cloud, reference), case.unreadable) == []

    if case.changed is not None:
        stack = stacks.update(case.template(case.changed))
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stack["Failures"]
        assert stacks.physical_id("Subject") == reference, "it was replaced"
        answers = case.read(cloud, reference)
        assert missing(case.changed, answers, case.unreadable) == []
        assert left_over(case.properties, case.changed, answers) == []

        stack = stacks.update(case.template(case.properties))
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stack["Failures"]
        assert missing(case.properties, case.read(cloud, reference), case.unreadable) == []

    stack = stacks.delete()
    assert stack["StackStatus"] == "DELETE_COMPLETE", stack["Failures"]
    assert inventory(cloud) == before
