"""An Athena work group whose rules its users cannot loosen, and named queries from SQL files."""

from pathlib import Path

from aws_cdk import aws_athena as athena
from aws_cdk import aws_kms as kms
from constructs import Construct

_WorkGroup = athena.CfnWorkGroup


def work_group(
    scope: Construct, name: str, *, work_group_name: str, description: str, results: str, key: kms.IKey, cutoff: int
) -> athena.CfnWorkGroup:
    """A work group that writes encrypted results to ``results`` and cancels queries that scan over ``cutoff`` bytes.

    https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
    """
    return _WorkGroup(
        scope,
        name,
        name=work_group_name,
        description=description,
        recursive_delete_option=True,  # with its named queries and history: destroy leaves nothing
        work_group_configuration=_WorkGroup.WorkGroupConfigurationProperty(
            bytes_scanned_cutoff_per_query=cutoff,
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            engine_version=_WorkGroup.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
            result_configuration=_WorkGroup.ResultConfigurationProperty(
                output_location=results,
                encryption_configuration=_WorkGroup.EncryptionConfigurationProperty(
                    encryption_option="SSE_KMS", kms_key=key.key_arn
                ),
            ),
        ),
    )


def named_queries(scope: Construct, group: athena.CfnWorkGroup, *, folder: Path, database: str) -> None:
    """A named query of each ``*.sql`` in ``folder``; the comment in its first line becomes the description."""
    for file in sorted(folder.glob("*.sql")):
        text = file.read_text("utf-8")
        athena.CfnNamedQuery(
            scope,
            "".join(word.capitalize() for word in file.stem.split("_")),
            name=file.stem,
            description=text.splitlines()[0].removeprefix("--").strip(),
            database=database,
            query_string=text,
            work_group=group.ref,
        )
