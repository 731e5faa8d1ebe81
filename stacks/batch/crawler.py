"""Glue crawlers, each with its own role and log group."""

import json
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import Table
from stacks.parts.glue_security import catalog_arns, configuration_permission, key_permission, log_permission
from stacks.parts.job_network import JobNetwork
from stacks.parts.logs import owned_log_group
from stacks.parts.role import Allow, arn_as_seen_from, scoped_role

_Crawler = glue.CfnCrawler


@dataclass(frozen=True)
class Crawlers:
    """Makes the crawlers of a stack: over folders of one bucket, into one database, all encrypted with one key.

    Attributes:
        network: from where they read the bucket (https://docs.aws.amazon.com/glue/latest/dg/connection-S3-VPC.html).
    """

    scope: Construct
    security: glue.CfnSecurityConfiguration
    key: kms.IKey
    log_days: int
    bucket: s3.IBucket
    database: str
    network: JobNetwork | None = None

    def of_csv_folders(self, name: str, folders: tuple[str, ...]) -> glue.CfnCrawler:
        """Makes one table of each of ``folders`` (``reference/planes``), named after its last part.

        The classifier says that files have a header: Glue guesses that from the types of the columns, and takes the
        header of a file of strings for data (https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html).
        """
        stack = cdk.Stack.of(self.scope)
        tables = tuple(folder.rpartition("/")[2] for folder in folders)
        classifier = glue.CfnClassifier(
            self.scope,
            f"{name}Csv",
            csv_classifier=glue.CfnClassifier.CsvClassifierProperty(
                name=f"{stack.stack_name}-csv", contains_header="PRESENT", delimiter=",", quote_symbol='"'
            ),
        )
        role = self._role(
            name,
            folders,
            Allow(
                ("glue:GetDatabase", "glue:GetTable", "glue:CreateTable", "glue:UpdateTable"),
                catalog_arns(stack, self.database, *tables),
            ),
            Allow(
                ("glue:GetTables",),
                catalog_arns(stack, self.database, "*"),
                because="GetTables names no table; Glue checks it against all tables of the database.",
            ),
            Allow(("glue:GetClassifier", "glue:GetClassifiers"), ("*",), because="Classifiers have no ARN in IAM."),
        )
        crawler = _Crawler(
            self.scope,
            name,
            description=f"Tables of {', '.join(tables)}",
            role=role.role_arn,
            crawler_security_configuration=self.security.ref,
            classifiers=[classifier.ref],
            database_name=self.database,
            targets=_Crawler.TargetsProperty(
                s3_targets=[
                    _Crawler.S3TargetProperty(
                        path=f"s3://{self.bucket.bucket_name}/{folder}/", connection_name=self._connection
                    )
                    for folder in folders
                ]
            ),
            schema_change_policy=_Crawler.SchemaChangePolicyProperty(
                update_behavior="UPDATE_IN_DATABASE", delete_behavior="LOG"
            ),
        )
        self._own_log(name, role, crawler)
        return crawler

    def of_partitions(self, name: str, contract: Table, table: glue.CfnTable) -> glue.CfnCrawler:
        """Adds new partitions to a table that exists, and leaves its columns alone: they are the contract's."""
        role = self._role(
            name,
            (contract.location,),
            Allow(
                (
                    "glue:GetDatabase",
                    "glue:GetTable",
                    "glue:UpdateTable",
                    "glue:GetPartitions",
                    "glue:BatchGetPartition",
                    "glue:BatchCreatePartition",
                    "glue:UpdatePartition",
                    "glue:BatchUpdatePartition",
                ),
                catalog_arns(cdk.Stack.of(self.scope), self.database, contract.name),
            ),
            unread="The partitions have the table's columns, so the local crawler lists files only; Glue samples them.",
        )
        crawler = _Crawler(
            self.scope,
            name,
            description=f"Partitions of {contract.name}",
            role=role.role_arn,
            crawler_security_configuration=self.security.ref,
            targets=_Crawler.TargetsProperty(
                catalog_targets=[
                    _Crawler.CatalogTargetProperty(
                        database_name=self.database, tables=[table.ref], connection_name=self._connection
                    )
                ]
            ),
            # A catalog target allows no other delete behaviour
            # (https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html).
            schema_change_policy=_Crawler.SchemaChangePolicyProperty(update_behavior="LOG", delete_behavior="LOG"),
            configuration=json.dumps(
                {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
            ),
        )
        self._own_log(name, role, crawler)
        return crawler

    def _role(self, name: str, folders: tuple[str, ...], *allow: Allow, unread: str = "") -> iam.Role:
        """``unread``: why the local crawler opens no file."""
        stack, bucket = cdk.Stack.of(self.scope), arn_as_seen_from(self.scope, self.bucket)
        role = scoped_role(
            self.scope,
            f"{name}Role",
            "glue.amazonaws.com",
            f"Runs the crawler {name}",
            *allow,
            Allow(("s3:GetBucketLocation", "s3:ListBucket"), (bucket,)),
            Allow(
                ("s3:GetObject",),
                tuple(f"{bucket}/{folder}/*" for folder in folders),
                because="It reads whatever files lie in the folders that it crawls.",
                unused_because=unread,
            ),
            configuration_permission(),
            key_permission(self.key, unused_because=unread),
            log_permission(stack, f"/aws-glue/crawlers-role/{stack.stack_name}-"),
            *(self.network.glue_permissions(stack) if self.network is not None else ()),
        )
        if self.network is not None:
            self.network.confine(role)
        return role

    @property
    def _connection(self) -> str | None:
        return self.network.connection if self.network is not None else None

    def _own_log(self, name: str, role: iam.Role, crawler: glue.CfnCrawler) -> None:
        """Declare the log group before the crawler.

        With an encrypting security configuration a crawler does not write to the account's /aws-glue/crawlers, which
        no stack may own, but to a group named after its role and the configuration.
        """
        log_group = owned_log_group(
            self.scope,
            f"{name}Logs",
            key=self.key,
            days=self.log_days,
            log_group_name=f"/aws-glue/crawlers-role/{role.role_name}-{self.security.ref}",
        )
        crawler.node.add_dependency(log_group)
