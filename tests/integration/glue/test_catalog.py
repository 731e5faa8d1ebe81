"""The catalog refuses what Glue refuses."""

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
