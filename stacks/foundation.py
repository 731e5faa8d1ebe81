"""Foundation: what every other stack stands on. Key, buckets, catalog database, alarm topic, budget.

Read top-down: encryption, storage, catalog, alarms and money, outputs. The lake's prefixes are raw/, reference/,
curated/, features/, capture/, monitoring/, athena-results/, errors/ and backup/.
"""

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from settings import Settings
from stacks import outputs
from stacks.parts.bucket import access_log_bucket, only_through, own_emptying_function, secure_bucket
from stacks.parts.job_network import JobNetwork
from stacks.parts.key import project_key
from stacks.parts.stack import ProjectStack


class Foundation(ProjectStack):
    """Shared resources, handed to the other stacks as constructor arguments."""

    key: kms.Key
    lake: s3.Bucket
    artifacts: s3.Bucket
    database: str
    alarm_topic: sns.Topic

    def __init__(self, scope: Construct, *, settings: Settings, network: JobNetwork | None) -> None:
        super().__init__(
            scope,
            outputs.FOUNDATION,
            settings=settings,
            description="Key, buckets, catalog database, alarm topic, budget",
        )

        # --- encryption
        self.key = self._key()

        # --- storage
        access_logs = access_log_bucket(self, "AccessLogs", retention_days=settings.noncurrent_days)
        self.lake = secure_bucket(
            self,
            "Lake",
            key=self.key,
            access_logs=access_logs,
            keep=settings.keep_data,
            noncurrent_days=settings.noncurrent_days,
            lifecycle=[
                s3.LifecycleRule(
                    id="QueryResults",
                    prefix="athena-results/",
                    expiration=cdk.Duration.days(settings.query_result_days),
                )
            ],
            events=True,
        )
        if network is not None:
            only_through(self.lake, network)
        self.artifacts = secure_bucket(
            self,
            "Artifacts",
            key=self.key,
            access_logs=access_logs,
            keep=False,
            noncurrent_days=settings.noncurrent_days,
        )
        own_emptying_function(self, key=self.key, log_days=settings.log_retention_days)

        # --- catalog
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=settings.database, description="Tables of the lake"
            ),
        )
        self.database = settings.database

        # --- alarms and money
        self.alarm_topic = self._alarm_topic()
        if settings.budget_usd is not None and settings.alarm_email is not None:
            self._budget(settings.budget_usd, settings.alarm_email)

        # --- outputs
        cdk.CfnOutput(self, outputs.DATASET, value=settings.dataset)
        cdk.CfnOutput(self, outputs.LAKE_BUCKET, value=self.lake.bucket_name)
        cdk.CfnOutput(self, outputs.ARTIFACT_BUCKET, value=self.artifacts.bucket_name)
        cdk.CfnOutput(self, outputs.DATABASE, value=database.ref)
        cdk.CfnOutput(self, outputs.KEY_ARN, value=self.key.key_arn)
        cdk.CfnOutput(self, outputs.ALARM_TOPIC_ARN, value=self.alarm_topic.topic_arn)
        self.share(self.lake.bucket_arn, self.key.key_arn, self.lake.bucket_name, self.alarm_topic.topic_arn)

    def _key(self) -> kms.Key:
        key = project_key(
            self,
            "Key",
            description=f"Encrypts what {self.stack_name} and its sibling stacks store",
            keep=self.settings.keep_data,
        )
        # An alarm publishes to an encrypted topic with the service's own permission
        # (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html).
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="CloudWatchAlarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # in a key policy: this key
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        return key

    def _alarm_topic(self) -> sns.Topic:
        topic = sns.Topic(self, "AlarmTopic", master_key=self.key, enforce_ssl=True)
        # A topic policy replaces the default one, which had let the account's alarms publish.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        if self.settings.alarm_email is not None:
            topic.add_subscription(subscriptions.EmailSubscription(self.settings.alarm_email))
        return topic

    def _budget(self, limit: float, email: str) -> None:
        warnings = [("ACTUAL", 80), ("FORECASTED", 100)]
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=limit, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=email)],
                )
                for kind, percent in warnings
            ],
        )
