"""What of the project, or of everyone, is in an account: what services list by name, and by tag."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import UserError
from settings import Settings
from stacks import outputs
from stacks.outputs import stack_name

# What a service lists: service, operation, key of the list, key of the name ("" where the list is of names).
LISTS = (
    ("s3", "list_buckets", "Buckets", "Name"),
    ("kinesis", "list_streams", "StreamNames", ""),
    ("firehose", "list_delivery_streams", "DeliveryStreamNames", ""),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("athena", "list_work_groups", "WorkGroups", "Name"),
    ("glue", "get_connections", "ConnectionList", "Name"),
    ("glue", "get_classifiers", "Classifiers", "CsvClassifier.Name"),
    ("glue", "get_security_configurations", "SecurityConfigurations", "Name"),
    ("glue", "list_data_quality_rulesets", "Rulesets", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("events", "list_rules", "Rules", "Name"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("sagemaker", "list_pipelines", "PipelineSummaries", "PipelineName"),
    ("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName"),
    ("sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    ("sagemaker", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    ("sagemaker", "list_models", "Models", "ModelName"),
    ("sagemaker", "list_monitoring_schedules", "MonitoringScheduleSummaries", "MonitoringScheduleName"),
    ("sagemaker", "list_data_quality_job_definitions", "JobDefinitionSummaries", "MonitoringJobDefinitionName"),
)
# Named by CloudFormation without the stack's name, so they are known by their tag.
TAGGED = (
    ("list_crawlers", "CrawlerNames"),
    ("list_jobs", "JobNames"),
    ("list_triggers", "TriggerNames"),
)
GONE = "DELETE_COMPLETE"


def look(settings: Settings, *, everyone: bool = False) -> "Account":
    """Everything of the project, or of everyone, that is there. Raises UserError without credentials or region."""
    account = Account(settings, everyone)
    try:
        account.look()
    except (BotoCoreError, ClientError) as error:  # no credentials, no region, nobody answers
        raise UserError(f"cannot look at the account: {error}") from error
    return account


@dataclass(frozen=True, order=True)
class Found:
    """Something that is there."""

    service: str
    kind: str
    name: str


@dataclass
class Account:
    """What was found of the project.

    Attributes:
        everyone: whether to find what is not the project's, too.
        refused: sentences about what could not be looked at.
        waiting: sentences about what goes by itself.
    """

    settings: Settings
    everyone: bool = False
    found: list[Found] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    def look(self) -> None:
        self._stacks()
        self._named()
        self._glue()
        self._network()
        self._keys()
        self._scaling()
        self._budgets()

    def _stacks(self) -> None:
        for stack in self._list("cloudformation", "describe_stacks", "Stacks"):
            if self._ours(stack["StackName"]) and stack["StackStatus"] != GONE:
                self._add("cloudformation", "stack", f"{stack['StackName']} ({stack['StackStatus']})")

    def _named(self) -> None:
        for service, operation, items, key in LISTS:
            for item in self._list(service, operation, items):
                name = item
                for part in key.split(".") if key else ():
                    name = name.get(part, {})
                if isinstance(name, str) and self._ours(name):
                    self._add(service, kind_of(operation), name)

    def _glue(self) -> None:
        tag = {"project": self.settings.prefix}
        for operation, items in TAGGED:
            for name in self._list("glue", operation, items, **({} if self.everyone else {"Tags": tag})):
                self._add("glue", kind_of(operation), name)
        client = boto3.client("glue")
        for name in self._list("glue", "list_workflows", "Workflows"):  # cannot be asked for by tag
            account, region = self._account(), client.meta.region_name
            arn = f"arn:{client.meta.partition}:glue:{region}:{account}:workflow/{name}"
            if self.everyone or tag.items() <= client.get_tags(ResourceArn=arn)["Tags"].items():
                self._add("glue", "workflows", name)
        for database in self._list("glue", "get_databases", "DatabaseList"):
            if self.everyone or database["Name"] == self.settings.database:
                self._add("glue", "database", database["Name"])

    def _network(self) -> None:
        """Parts of the VPC by their tag, and the network interfaces in it, which services make without our tags."""
        ours = [{"Name": "key", "Values": ["project"]}, {"Name": "value", "Values": [self.settings.prefix]}]
        vpcs = []
        for tag in self._list("ec2", "describe_tags", "Tags", Filters=ours):
            self._add("ec2", tag["ResourceType"], tag["ResourceId"])
            if tag["ResourceType"] == "vpc":
                vpcs.append(tag["ResourceId"])
        if vpcs:
            inside = [{"Name": "vpc-id", "Values": vpcs}]
            for interface in self._list("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=inside):
                self._add("ec2", "network interface", interface["NetworkInterfaceId"])

    def _keys(self) -> None:
        client = boto3.client("kms")
        for key in self._list("kms", "list_keys", "Keys"):
            try:
                told = client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            except ClientError:  # the project's key lets the account look, so this is another's
                continue
            stacks = (stack_name(self.settings.prefix, name) for name in (outputs.FOUNDATION, outputs.NETWORK))
            if not any(stack in told.get("Description", "") for stack in stacks):
                continue
            if told["KeyState"] == "PendingDeletion":
                self.waiting.append(
                    f"KMS key {key['KeyId']} goes on {told['DeletionDate']:%Y-%m-%d}; it costs nothing."
                )
            else:
                self._add("kms", "key", key["KeyId"])

    def _scaling(self) -> None:
        service, operation = "application-autoscaling", "describe_scalable_targets"
        for target in self._list(service, operation, "ScalableTargets", ServiceNamespace="sagemaker"):
            if self._ours(target["ResourceId"]):
                self._add(service, "scalable target", target["ResourceId"])

    def _budgets(self) -> None:
        for budget in self._list("budgets", "describe_budgets", "Budgets", AccountId=self._account()):
            if self._ours(budget["BudgetName"]):
                self._add("budgets", "budget", budget["BudgetName"])

    def _ours(self, name: str) -> bool:
        return self.everyone or ours(name, self.settings.prefix)

    def _add(self, service: str, kind: str, name: str) -> None:
        self.found.append(Found(service, kind, name))

    def _account(self) -> str:
        return str(boto3.client("sts").get_caller_identity()["Account"])

    def _list(self, service: str, operation: str, items: str, **given: Any) -> Iterator[Any]:
        """Everything an operation lists; a refusal becomes a sentence in ``refused``."""
        client = boto3.client(service)
        try:
            if client.can_paginate(operation):
                for page in client.get_paginator(operation).paginate(**given):
                    yield from page.get(items) or ()
            else:
                yield from _pages(getattr(client, operation), items, given)
        except ClientError as error:
            self.refused.append(f"Could not look at {service} {kind_of(operation)}: {error}")


def ours(name: str, prefix: str) -> bool:
    """Whether a name begins with the prefix, as it is or as the last part of a path, an ARN or a URL.

    CloudFormation writes the names of buckets in lower case, which the prefix is anyway; alarms of scaling are called
    TargetTracking-endpoint/NAME.
    """
    return any(part.startswith(f"{prefix}-") for part in (*name.split("/"), name.rpartition(":")[2]))


def kind_of(operation: str) -> str:
    """``list_work_groups`` lists ``work groups``."""
    return operation.partition("_")[2].replace("_", " ")


def _pages(call: Any, items: str, given: dict[str, Any]) -> Iterator[Any]:
    """Of an operation that botocore cannot paginate."""
    page = call(**given)
    yield from page.get(items) or ()
    while token := page.get("NextToken"):
        page = call(**given, NextToken=token)
        yield from page.get(items) or ()
