"""A Glue 6.0 PySpark job with its role, its log groups, and the code it runs."""

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from stacks.parts.bundle import REPOSITORY, job_library
from stacks.parts.glue_security import configuration_permission, key_permission, log_permission
from stacks.parts.job_network import JobNetwork
from stacks.parts.logs import owned_log_group
from stacks.parts.role import Allow, scoped_role

GLUE_VERSION = "6.0"  # Spark 4.1.1, Python 3.13; https://docs.aws.amazon.com/glue/latest/dg/release-notes.html


def spark_job(
    scope: Construct,
    name: str,
    *,
    job_name: str,
    script: str,
    dataset: str,
    description: str,
    arguments: dict[str, str],
    allow: tuple[Allow, ...],
    security: glue.CfnSecurityConfiguration,
    key: kms.IKey,
    log_days: int,
    workers: int,
    timeout_minutes: int,
    network: JobNetwork | None = None,
) -> glue.CfnJob:
    """The job that runs ``script`` (a path in the repository), one run at a time, with job bookmarks.

    Not with ``--enable-glue-datacatalog``: dynamic frames read the catalog without it, and with it Spark looks for the
    database ``default`` and in an account that has none makes one, which stays and takes glue:CreateDatabase
    (https://github.com/data-dot-all/dataall/pull/701).

    Args:
        job_name: physical, so that the role can name the job that it is for.
        dataset: the argument ``--dataset``, and whose modules and contract it ships with.
        arguments: the script's other ones, with their dashes.
        allow: what it may do besides reading its code and bookmark and writing its logs.
        network: where it runs. Its calls then go through it, too, and not through Glue's proxy into Glue's own network
            (https://docs.aws.amazon.com/glue/latest/dg/connection-VPC-disable-proxy.html).
    """
    stack = cdk.Stack.of(scope)
    code = assets.Asset(scope, f"{name}Script", path=str(REPOSITORY / script))
    with job_library(dataset) as archive:
        library = assets.Asset(scope, f"{name}Library", path=str(archive))
    logs_prefix = f"/aws-glue/{stack.stack_name}"
    role = scoped_role(
        scope,
        f"{name}Role",
        "glue.amazonaws.com",
        f"Runs the job {job_name}",
        Allow(
            ("s3:GetObject",),
            tuple(f"{asset.bucket.bucket_arn}/{asset.s3_object_key}" for asset in (code, library)),
        ),
        Allow(
            ("glue:GetJob", "glue:GetJobRun"),
            (stack.format_arn(service="glue", resource="job", resource_name=job_name),),
            unused_because="Glue's libraries may look up the run that they are in; the local ones are handed it.",
        ),
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html: no resource types
        Allow(("glue:GetJobBookmark",), ("*",), because="IAM has no resources for bookmarks."),
        configuration_permission(unused_because="Glue may look it up as the job; locally a crawler does."),
        key_permission(key),
        # The groups below, or, by other accounts of what a security configuration makes of the names, these, with the
        # name of the configuration, which is the stack's, or of the role, which begins with it.
        log_permission(
            stack,
            f"{logs_prefix}/",
            f"{logs_prefix}-",
            f"/aws-glue/jobs-{stack.stack_name}-",
            f"/aws-glue/jobs/{stack.stack_name}-",
        ),
        *allow,
        *(network.glue_permissions(stack) if network is not None else ()),
    )
    if network is not None:
        network.confine(role)
    # What Glue makes of the prefix: https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
    log_groups = [
        owned_log_group(
            scope,
            f"{name}{kind.capitalize()}Logs",
            key=key,
            days=log_days,
            log_group_name=f"{logs_prefix}/{security.ref}-role/{role.role_name}/{kind}",
        )
        for kind in ("error", "output")
    ]
    job = glue.CfnJob(
        scope,
        name,
        name=job_name,
        description=description,
        role=role.role_arn,
        glue_version=GLUE_VERSION,
        command=glue.CfnJob.JobCommandProperty(
            name="glueetl", python_version="3", script_location=code.s3_object_url
        ),
        default_arguments={
            "--job-language": "python",
            "--extra-py-files": library.s3_object_url,
            "--job-bookmark-option": "job-bookmark-enable",
            "--custom-logGroup-prefix": logs_prefix,
            **({"--disable-proxy-v2": "true"} if network is not None else {}),
            "--dataset": dataset,
            **arguments,
        },
        connections=(
            glue.CfnJob.ConnectionsListProperty(connections=[network.connection]) if network is not None else None
        ),
        worker_type="G.1X",
        number_of_workers=workers,
        timeout=timeout_minutes,
        max_retries=0,  # a retry of a failed quality gate costs the same and fails the same
        execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=1),  # one bookmark, one writer
        security_configuration=security.ref,
    )
    job.node.add_dependency(*log_groups)
    return job
