"""January goes in as events with dirt and comes out as exactly the flights of the source."""

import base64
import json
from typing import Any

import pandas as pd
import pytest
from pyathena import connect

from tests.e2e.support import Deployment, January

pytestmark = pytest.mark.xdist_group("january")


@pytest.fixture(scope="module")
def athena(january: January) -> Any:
    deployment = january.deployment
    return connect(
        work_group=deployment.output("Lakehouse", "WorkGroupName"),
        schema_name=deployment.output("Foundation", "DatabaseName"),
        endpoint_url=deployment.environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
    )


def rows(athena: Any, sql: str) -> pd.DataFrame:
    cursor = athena.cursor().execute(sql)
    return pd.DataFrame(cursor.fetchall(), columns=[column[0] for column in cursor.description])


def test_every_event_is_accounted_for(january: January) -> None:
    found = january.accounting
    assert found.sent == january.accepted
    assert found.sent == found.delivered + found.quarantined + found.dropped
    assert found.lost == 0
    departed_and_landed = len(january.source) + january.source["arr_time"].notna().sum()
    assert found.delivered >= departed_and_landed, "all real events, and duplicates besides"
    assert found.quarantined > 0
    assert found.dropped > 0


def test_quarantined_records_have_a_reason_and_their_bytes(january: January) -> None:
    deployment = january.deployment
    s3, bucket = deployment.client("s3"), deployment.output("Foundation", "LakeBucketName")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="errors/flight_events/")
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    lines = [line for key in keys for line in s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()]
    records = [json.loads(line) for line in lines]
    assert len(records) == january.accounting.quarantined
    for record in records:
        assert record["errorCode"] == "Lambda.ProcessingFailedStatus"
        assert record["errorMessage"] not in ("", "ProcessingFailed status set for record")
        assert base64.b64decode(record["rawData"]).endswith(b"\n"), "as the producer sent it"


def test_curated_january_is_the_source(january: January, athena: Any) -> None:
    key = ["flight_date", "carrier", "flight", "origin"]
    curated = rows(athena, "SELECT flight_date, carrier, flight, origin, dest, arr_delay, dep_delay FROM flights")
    source = january.source.assign(flight_date=pd.to_datetime(january.source[["year", "month", "day"]]))
    columns = [*key, "dest", "arr_delay", "dep_delay"]
    curated["flight_date"] = pd.to_datetime(curated["flight_date"])
    numbers = {"flight": "int64", "arr_delay": "float64", "dep_delay": "float64"}
    left = curated.astype(numbers).sort_values(key)[columns].reset_index(drop=True)
    right = source.astype(numbers).sort_values(key)[columns].reset_index(drop=True)
    assert len(left) == 27_004
    pd.testing.assert_frame_equal(left, right, check_dtype=False)


def test_partitions_follow_the_event_date(athena: Any) -> None:
    wrong = rows(
        athena,
        """SELECT count(*) AS n FROM flight_events
           WHERE event_date <> date_format(event_time, '%Y-%m-%d')""",
    )
    assert wrong["n"][0] == 0


def test_every_named_query_answers(january: January) -> None:
    client = january.deployment.client("athena")
    group = january.deployment.output("Lakehouse", "WorkGroupName")
    names = [
        client.get_named_query(NamedQueryId=item)["NamedQuery"]
        for item in client.list_named_queries(WorkGroup=group)["NamedQueryIds"]
    ]
    assert len(names) >= 8
    answers = {}
    for query in names:
        answered = january.deployment.mlref("query", "--json", query["QueryString"])
        assert answered.returncode == 0, (query["Name"], answered.stderr)
        answers[query["Name"]] = [json.loads(line) for line in answered.stdout.splitlines()]
    assert all(answers.values()), "every one has rows"
    duplicates = {row["table_name"]: int(row["duplicates"]) for row in answers["duplicate_check"]}
    assert duplicates["flights"] == 0
    assert duplicates["flight_events"] > 0, "the dirt has duplicates"
    refused = sum(int(row["records"]) for row in answers["quarantine_summary"])
    assert refused == january.accounting.quarantined


def test_delay_by_carrier_is_what_pandas_says(january: January, athena: Any) -> None:
    found = rows(athena, "SELECT carrier, count(*) AS flights, avg(arr_delay) AS delay FROM flights GROUP BY carrier")
    expected = january.source.groupby("carrier").agg(flights=("flight", "size"), delay=("arr_delay", "mean"))
    found = found.set_index("carrier").sort_index()
    assert found["flights"].tolist() == expected["flights"].tolist()
    assert found["delay"].astype(float).tolist() == pytest.approx(expected["delay"].tolist())


def test_second_run_changes_nothing(january: January) -> None:
    before = inventory(january.deployment, "curated/")
    again = january.deployment.mlref("curate")
    assert again.returncode == 0, again.stderr
    assert "SUCCEEDED" in again.stderr
    assert inventory(january.deployment, "curated/") == before


def inventory(deployment: Deployment, prefix: str) -> dict[str, str]:
    s3, bucket = deployment.client("s3"), deployment.output("Foundation", "LakeBucketName")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", ())}


def test_quarantine_can_be_listed_and_replayed(january: January) -> None:
    listed = january.deployment.mlref("quarantine", "list")
    assert listed.returncode == 0, listed.stderr
    assert f"{january.accounting.quarantined:,}" in listed.stdout + listed.stderr


def test_unknown_column_is_said(january: January) -> None:
    answered = january.deployment.mlref("query", "SELECT no_such_column FROM flights")
    assert answered.returncode == 1
    assert "no_such_column" in answered.stderr
    assert "Traceback" not in answered.stderr
