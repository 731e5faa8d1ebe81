"""No member of CreateTrainingJob, CreateProcessingJob or CreateTransformJob is taken and silently dropped."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape

from localcloud.sagemaker.members import PROCESSING, TRAINING, TRANSFORM, Members, walk
from localcloud.unsupported import NotImplementedLocallyError

MODEL = botocore.session.get_session().get_service_model("sagemaker")
TABLES = {
    "CreateTrainingJobRequest": TRAINING,
    "CreateProcessingJobRequest": PROCESSING,
    "CreateTransformJobRequest": TRANSFORM,
}


def paths(shape: Shape, path: str = "") -> Iterator[str]:
    """Every member of a shape that has no members of its own."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from paths(member, f"{path}.{name}" if path else name)
    elif shape.type_name == "list" and shape.member.type_name == "structure":
        yield from paths(shape.member, f"{path}[]")
    else:
        yield path


LEAVES = [(table, path) for name, table in TABLES.items() for path in paths(MODEL.shape_for(name))]


@pytest.mark.parametrize(("table", "path"), LEAVES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_member_is_done_without_effect_or_refused(table: Members, path: str) -> None:
    assert table.covers(path)


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_name_members_that_there_are(name: str) -> None:
    table = TABLES[name]
    leaves = list(paths(MODEL.shape_for(name)))
    known = {leaf[:at] for leaf in leaves for at in range(len(leaf)) if leaf[at] in ".["} | set(leaves)
    named = [*table.done, *table.without_effect, *table.refused]
    assert sorted(set(named) - known) == []
    assert len(named) == len(set(named)), "a member is in two tables"


def request_with(path: str, value: Any) -> dict[str, Any]:
    """A request that has nothing but ``value`` at ``path``."""
    for part in reversed(path.split(".")):
        value = {part.removesuffix("[]"): [value] if part.endswith("[]") else value}
    assert isinstance(value, dict)
    return value


REFUSED = [(table, path) for table in TABLES.values() for path in table.refused]


@pytest.mark.parametrize(("table", "path"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_refused_is_named(table: Members, path: str) -> None:
    request = request_with(path, "anything")
    with pytest.raises(NotImplementedLocallyError) as refused:
        table.check(request)
    place = path.replace("[]", "[0]")
    assert f"({place}) is not implemented by the local cloud" in str(refused.value)
    assert table.operation in str(refused.value)
    for accepted in (*table.refused[path].accepted, None, "", [], {}, False, 0):
        table.check(request_with(path, accepted))


def test_places_are_told_as_the_request_has_them() -> None:
    request = {"InputDataConfig": [{"ChannelName": "a"}, {"ChannelName": "b", "InputMode": "Pipe"}]}
    assert ("InputDataConfig[].InputMode", "InputDataConfig[1].InputMode", "Pipe") in list(walk(request))
    with pytest.raises(NotImplementedLocallyError, match=r"input mode Pipe \(InputDataConfig\[1\]\.InputMode\)"):
        TRAINING.check(request)


def test_a_new_member_would_be_found() -> None:
    assert not TRAINING.covers("SomethingNew.Of")
    assert not PROCESSING.covers("ProcessingInputs[].S3Input.SomethingNew")
