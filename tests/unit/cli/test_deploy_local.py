"""What `cdk diff` prints decides whether a deployment is what it should be."""

import pytest
from rich.console import Console

from cli.deploy_local import Lifecycle, differences
from cli.errors import UserError
from cli.local import Endpoint
from cli.steps import Steps

NOTHING = """
Stack Lakehouse (mlref-Lakehouse) (aws://123456789012/us-east-1)
There were no differences

✨  Number of stacks with differences: 0
"""
WORK_GROUP = """
Stack Lakehouse (mlref-Lakehouse) (aws://123456789012/us-east-1)
Resources
[~] AWS::Athena::WorkGroup WorkGroup WorkGroup
 └─ [~] WorkGroupConfiguration
     └─ [~] .BytesScannedCutoffPerQuery:
         ├─ [-] 1000000000
         └─ [+] 20000000
"""
MORE = WORK_GROUP + "[-] Custom::EmptyPackageGroup Versions destroy\n[+] AWS::SNS::Topic Topic Topic1234\n"


class PrintedCdk:
    """A CLI that prints what it is given."""

    def __init__(self, printed: str) -> None:
        self.printed = printed

    def __call__(self, *arguments: str, context: tuple[str, str] | None = None) -> str:
        return self.printed


def lifecycle(printed: str) -> Lifecycle:
    target = Endpoint("http://localhost:1", "us-east-1", "123456789012")
    return Lifecycle(target, PrintedCdk(printed), Steps(Console(quiet=True)))  # type: ignore[arg-type]


def test_resources_that_are_changed_added_and_removed_are_read() -> None:
    assert differences(NOTHING) == []
    assert differences(WORK_GROUP) == ["[~] AWS::Athena::WorkGroup"]
    assert differences(MORE)[1:] == ["[-] Custom::EmptyPackageGroup", "[+] AWS::SNS::Topic"]


def test_a_difference_right_after_deployment_is_an_error() -> None:
    assert lifecycle(NOTHING).no_difference() == "no differences"
    with pytest.raises(UserError, match=r"right after cdk deploy shows \[~\] AWS::Athena::WorkGroup"):
        lifecycle(WORK_GROUP).no_difference()


@pytest.mark.parametrize(("printed", "shown"), [(NOTHING, "nothing"), (MORE, r"\[\+\] AWS::SNS::Topic")])
def test_an_update_of_anything_but_the_work_group_is_an_error(printed: str, shown: str) -> None:
    with pytest.raises(UserError, match=shown):
        lifecycle(printed).update()
