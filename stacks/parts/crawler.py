"""Glue crawlers, each with its own role and log group."""

import json

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import Table
from stacks.parts.glue_security import catalog_arns, key_permission, log_permission
from stacks.parts.logs import owned_log_group
from stacks.parts.role import Allow, arn_as_seen_from, scoped_role

_Crawler = glue.CfnCrawler


def csv_crawler(
    scope: Construct,
    name: str,
    *,
    security: glue.CfnSecurityConfiguration,
    key: kms.IKey,
    log_days: int,
    bucket: s3.IBucket,
    folders: tuple[str, ...],
    database: str,
) -> glue.CfnCrawler:
    """Makes one table of each of ``folders`` (``reference/planes``), named after its last part.

    The classifier says that files have a header: Glue guesses that from the types of the columns, and takes the
    header of a file of strings for data (https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html).
    """
    stack, arn = cdk.Stack.of(scope), arn_as_seen_from(scope, bucket)
    tables = tuple(folder.rpartition("/")[2] for folder in folders)
    classifier = glue.CfnClassifier(
        scope,
        f"{name}Csv",
        csv_classifier=glue.CfnClassifier.CsvClassifierProperty(
            name=f"{stack.stack_name}-csv", contains_header="PRESENT", delimiter=",", quote_symbol='"'
        ),
    )
    role, log_group = _crawler_role(
        scope,
        name,
        Allow(
            ("glue:GetDatabase", "glue:GetTable", "glue:CreateTable", "glue:UpdateTable"),
            catalog_arns(stack, database, *tables),
        ),
        Allow(
            ("glue:GetTables",),
            catalog_arns(stack, database, "*"),
            because="GetTables names no table; Glue checks it against all tables of the database.",
        ),
        Allow(("glue:GetClassifier", "glue:GetClassifiers"), ("*",), because="Classifiers have no ARN in IAM."),
        Allow(("s3:GetBucketLocation", "s3:ListBucket"), (arn,)),
        Allow(
            ("s3:GetObject",),
            tuple(f"{arn}/{folder}/*" for folder in folders),
            because="It reads whatever files lie in the folders that it crawls.",
        ),
        security=security,
        key=key,
        log_days=log_days,
    )
    crawler = _Crawler(
        scope,
        name,
        description=f"Tables of {', '.join(tables)}",
        role=role.role_arn,
        crawler_security_configuration=security.ref,
        classifiers=[classifier.ref],
        database_name=database,
        targets=_Crawler.TargetsProperty(
            s3_targets=[_Crawler.S3TargetProperty(path=f"s3://{bucket.bucket_name}/{folder}/") for folder in folders]
        ),
        schema_change_policy=_Crawler.SchemaChangePolicyProperty(
            update_behavior="UPDATE_IN_DATABASE", delete_behavior="LOG"
        ),
    )
    crawler.node.add_dependency(log_group)
    return crawler


def partition_crawler(
    scope: Construct,
    name: str,
    *,
    security: glue.CfnSecurityConfiguration,
    key: kms.IKey,
    log_days: int,
    bucket: s3.IBucket,
    database: str,
    table: Table,
    catalog_table: glue.CfnTable,
) -> glue.CfnCrawler:
    """Adds new partitions to a table that exists, and leaves its columns alone: they are the contract's."""
    stack, arn = cdk.Stack.of(scope), arn_as_seen_from(scope, bucket)
    role, log_group = _crawler_role(
        scope,
        name,
        Allow(
            (
                "glue:GetDatabase",
                "glue:GetTable",
                "glue:UpdateTable",
                "glue:GetPartitions",
                "glue:BatchGetPartition",
                "glue:BatchCreatePartition",
                "glue:UpdatePartition",
            ),
            catalog_arns(stack, database, table.name),
        ),
        Allow(("s3:GetBucketLocation", "s3:ListBucket"), (arn,)),
        Allow(
            ("s3:GetObject",),
            (f"{arn}/{table.location}/*",),
            because="It reads whatever files lie in the folder of its table.",
        ),
        security=security,
        key=key,
        log_days=log_days,
    )
    crawler = _Crawler(
        scope,
        name,
        description=f"Partitions of {table.name}",
        role=role.role_arn,
        crawler_security_configuration=security.ref,
        targets=_Crawler.TargetsProperty(
            catalog_targets=[_Crawler.CatalogTargetProperty(database_name=database, tables=[catalog_table.ref])]
        ),
        # A catalog target allows no other delete behaviour
        # (https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html).
        schema_change_policy=_Crawler.SchemaChangePolicyProperty(update_behavior="LOG", delete_behavior="LOG"),
        configuration=json.dumps(
            {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
        ),
    )
    crawler.node.add_dependency(log_group)
    return crawler


def _crawler_role(
    scope: Construct,
    name: str,
    *allow: Allow,
    security: glue.CfnSecurityConfiguration,
    key: kms.IKey,
    log_days: int,
) -> tuple[iam.Role, logs.LogGroup]:
    """The role of the crawler ``name``, and the log group that it writes to.

    With an encrypting security configuration a crawler does not write to the account's /aws-glue/crawlers, which no
    stack may own, but to a group named after its role and the configuration.
    """
    stack = cdk.Stack.of(scope)
    role = scoped_role(
        scope,
        f"{name}Role",
        "glue.amazonaws.com",
        f"Runs the crawler {name}",
        *allow,
        key_permission(key),
        log_permission(stack, f"/aws-glue/crawlers-role/{stack.stack_name}-"),
    )
    log_group = owned_log_group(
        scope,
        f"{name}Logs",
        key=key,
        days=log_days,
        log_group_name=f"/aws-glue/crawlers-role/{role.role_name}-{security.ref}",
    )
    return role, log_group
