"""The catalog refuses what Glue refuses."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud


def test_a_database_can_be_described_anew_and_not_renamed(cloud: LocalCloud) -> None:
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "lake", "Description": "first"})
    glue.update_database(Name="lake", DatabaseInput={"Name": "lake", "Description": "second"})
    with pytest.raises(ClientError, match=r"InvalidInputException.*Database cannot be renamed"):
        glue.update_database(Name="lake", DatabaseInput={"Name": "other", "Description": "third"})
    assert [item["Description"] for item in glue.get_databases()["DatabaseList"]] == ["second"]


def test_partitions_are_told_as_they_were_made_or_without_their_columns(cloud: LocalCloud) -> None:
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "lake"})
    table = {"Name": "events", "PartitionKeys": [{"Name": "day", "Type": "string"}]}
    glue.create_table(DatabaseName="lake", TableInput=table)
    descriptor = {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://lake/events/day=1/"}
    for day in ("1", "2"):
        glue.create_partition(
            DatabaseName="lake",
            TableName="events",
            PartitionInput={"Values": [day], "StorageDescriptor": descriptor, "Parameters": {"rows": day}},
        )
    first, second = glue.get_partitions(DatabaseName="lake", TableName="events")["Partitions"]
    assert abs(first.pop("CreationTime") - datetime.now(UTC)) < timedelta(minutes=1)
    assert first == {
        "Values": ["1"],
        "DatabaseName": "lake",
        "TableName": "events",
        "StorageDescriptor": descriptor,
        "Parameters": {"rows": "1"},
    }
    assert second["Values"] == ["2"]
    asked = {"DatabaseName": "lake", "TableName": "events", "Expression": "day = '2'", "ExcludeColumnSchema": True}
    (short,) = glue.get_partitions(**asked)["Partitions"]
    assert short["StorageDescriptor"] == {"Location": "s3://lake/events/day=1/"}
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_partitions(DatabaseName="lake", TableName="other")
