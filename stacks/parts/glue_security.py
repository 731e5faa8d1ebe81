"""How Glue's crawlers and jobs encrypt what they write, and the log groups that follow from it."""

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.parts.role import Allow

_Configuration = glue.CfnSecurityConfiguration


def security_configuration(scope: Construct, name: str, *, key: kms.IKey) -> glue.CfnSecurityConfiguration:
    """Our key for S3 objects, logs and job bookmarks.

    Named after the stack, so that the log groups that Glue names after it are the stack's
    (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html).
    """
    return _Configuration(
        scope,
        name,
        name=cdk.Stack.of(scope).stack_name,
        encryption_configuration=_Configuration.EncryptionConfigurationProperty(
            cloud_watch_encryption=_Configuration.CloudWatchEncryptionProperty(
                cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=key.key_arn
            ),
            job_bookmarks_encryption=_Configuration.JobBookmarksEncryptionProperty(
                job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=key.key_arn
            ),
            s3_encryptions=[
                _Configuration.S3EncryptionProperty(s3_encryption_mode="SSE-KMS", kms_key_arn=key.key_arn)
            ],
        ),
    )


def log_permission(stack: cdk.Stack, *log_groups: str) -> Allow:
    """Glue's roles write to log groups named ``log_groups``*, associate the key, and make sure that they exist."""
    return Allow(
        ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"),
        tuple(
            stack.format_arn(
                service="logs",
                resource="log-group",
                resource_name=f"{prefix}*",
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for prefix in log_groups
        ),
        because="Glue puts the role's own name into the log group's, which the role's policy cannot refer to.",
    )


def configuration_permission(*, unused_because: str = "") -> Allow:
    """To look up the security configuration.

    AWSGlueServiceRole has it, and so have the narrow roles that people publish for what has a configuration; no page
    says that it is needed (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html).
    """
    return Allow(
        ("glue:GetSecurityConfiguration",),
        ("*",),
        because="IAM has no resources for security configurations.",
        unused_because=unused_because,
    )


def key_permission(key: kms.IKey, *, unused_because: str = "") -> Allow:
    """What a security configuration needs of its key.

    https://docs.aws.amazon.com/glue/latest/dg/set-up-encryption.html
    """
    actions = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
    return Allow(actions, (key.key_arn,), unused_because=unused_because)


def catalog_arns(stack: cdk.Stack, database: str, *tables: str) -> tuple[str, ...]:
    """ARNs of the catalog, a database, and tables in it: Glue checks all three levels of every call.

    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    """
    resources = ("catalog", f"database/{database}", *(f"table/{database}/{table}" for table in tables))
    return tuple(stack.format_arn(service="glue", resource=resource) for resource in resources)
