"""A stack of the project: named and placed by the settings."""

import aws_cdk as cdk
from constructs import Construct

from settings import Settings
from stacks.outputs import stack_name


class ProjectStack(cdk.Stack):
    """The stack ``<prefix>-<name>``; in the account and region of the credentials unless settings say otherwise."""

    settings: Settings

    def __init__(self, scope: Construct, name: str, *, settings: Settings, description: str) -> None:
        super().__init__(
            scope,
            name,
            stack_name=stack_name(settings.prefix, name),
            description=description,
            env=cdk.Environment(account=settings.account, region=settings.region),
            permissions_boundary=(
                cdk.PermissionsBoundary.from_name(settings.permissions_boundary)
                if settings.permissions_boundary is not None
                else None
            ),
        )
        self.settings = settings

    def share(self, *values: str) -> None:
        """Export what stacks of any choice of architectures may import.

        Of itself CDK exports what this choice imports, and a smaller choice would take exports away from stacks that
        are deployed and not chosen, which CloudFormation refuses
        (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html).
        """
        for value in values:
            self.export_value(value)
