"""The report's part on money: what the estimate says, or why there is none."""

import json
from pathlib import Path

from costs.estimate import Estimate, Item
from costs.traffic import Activity
from stories.core.report.cost import estimated, section
from stories.report.page import Table

STACK = {
    "type": "aws:cloudformation:stack",
    "properties": {"templateFile": "s.json", "stackName": "s"},
}


def test_stacks_add_up_and_little_money_is_no_zero() -> None:
    items = tuple(
        Item(stack, "r", "AWS::Kinesis::Stream", "by the hour", hour, ())
        for stack, hour in (("a", 0.01), ("b", 0.02))
    )
    found = Estimate("us-east-1", items, 0.1, (), ((Activity("1,000 predictions", "b", ()), 0.00002),))
    idle, used = section(found).parts
    assert isinstance(idle, Table)
    assert isinstance(used, Table)
    assert [tuple(row) for row in idle.rows] == [
        ("a", "$0.24"),
        ("b", "$0.48"),
        ("all stacks, idle", "$0.72"),
        ("an endpoint while it serves, more", "$2.40"),
    ]
    assert [tuple(row) for row in used.rows] == [("1,000 predictions", "< $0.01")]


def test_a_resource_without_a_price_is_said(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"s": STACK}}))
    (tmp_path / "s.json").write_text(json.dumps({"Resources": {"R": {"Type": "AWS::New::Thing"}}}))
    found = estimated(tmp_path, {})
    assert isinstance(found, str)
    told = section(found)
    assert told.prose.startswith("Not estimated: ")
    assert "AWS::New::Thing" in told.prose
    assert told.parts == ()
