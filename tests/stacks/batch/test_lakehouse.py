"""Lakehouse: crawlers, job, rules, work group, workflow."""

import json
import zipfile
from typing import Any

import contracts
from contracts.derive import dqdl, glue_columns

CONTRACT = contracts.load("flights")
REFERENCE = ("airlines", "airports", "planes", "weather")


def test_reference_crawler_makes_a_table_of_each_folder(assembly: Any, flatten: Any) -> None:
    crawler = assembly.lakehouse.properties("AWS::Glue::Crawler", "ReferenceCrawler")
    paths = [flatten(target["Path"]) for target in crawler["Targets"]["S3Targets"]]
    assert sorted(paths) == [f"s3://<Lake>/reference/{name}/" for name in REFERENCE]
    assert {CONTRACT.table(name).location for name in REFERENCE} == {f"reference/{name}" for name in REFERENCE}
    assert crawler["SchemaChangePolicy"] == {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}
    # airlines.csv has text only, so Glue would take its header for a row.
    assert [flatten(item) for item in crawler["Classifiers"]] == ["<ReferenceCrawlerCsv>"]
    assert assembly.lakehouse.properties("AWS::Glue::Classifier")["CsvClassifier"]["ContainsHeader"] == "PRESENT"


def test_events_crawler_adds_partitions_and_never_changes_columns(assembly: Any, flatten: Any) -> None:
    crawler = assembly.lakehouse.properties("AWS::Glue::Crawler", "EventsCrawler")
    assert list(crawler["Targets"]) == ["CatalogTargets"]
    (target,) = crawler["Targets"]["CatalogTargets"]
    assert [flatten(table) for table in target["Tables"]] == ["<EventsTable>"]
    assert crawler["SchemaChangePolicy"] == {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
    partitions = json.loads(crawler["Configuration"])["CrawlerOutput"]["Partitions"]
    assert partitions == {"AddOrUpdateBehavior": "InheritFromTable"}
    assert "Schedule" not in crawler  # the workflow starts it


def test_curated_table_has_the_columns_of_the_contract(assembly: Any, flatten: Any) -> None:
    table = assembly.lakehouse.properties("AWS::Glue::Table", "FlightsTable")["TableInput"]
    flights = CONTRACT.table("flights")
    assert table["StorageDescriptor"]["Columns"] == glue_columns(flights.columns)
    assert table["PartitionKeys"] == glue_columns(flights.partition_keys)
    assert flatten(table["StorageDescriptor"]["Location"]) == "s3://<Lake>/curated/flights/"


def test_quarantine_table_lies_over_the_error_prefix_of_the_delivery(assembly: Any, flatten: Any) -> None:
    table = assembly.lakehouse.properties("AWS::Glue::Table", "QuarantineTable")["TableInput"]
    delivery = assembly.ingest.properties("AWS::KinesisFirehose::DeliveryStream")
    prefix = delivery["ExtendedS3DestinationConfiguration"]["ErrorOutputPrefix"].partition("!")[0]
    assert flatten(table["StorageDescriptor"]["Location"]) == f"s3://<Lake>/{prefix}"
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    names = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    assert names == [name.lower() for name in names]
    assert {"errorcode", "errormessage", "rawdata", "lambdaarn", "attemptsmade"} <= set(names)


def test_job_is_glue_6_with_its_code_and_arguments(assembly: Any, flatten: Any) -> None:
    job = assembly.lakehouse.properties("AWS::Glue::Job")
    assert (job["GlueVersion"], job["WorkerType"]) == ("6.0", "G.1X")
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert job["MaxRetries"] == 0
    assert flatten(job["Command"]["ScriptLocation"]).endswith(".py")
    arguments = {key: flatten(value) for key, value in job["DefaultArguments"].items()}
    script = {key: value for key, value in arguments.items() if "_" in key or key in ("--database", "--ruleset")}
    assert script == {
        "--database": "other_lake" if job["Name"].startswith("other2") else "mlref_lake",
        "--events_table": "<EventsTable>",
        "--target_table": "<FlightsTable>",
        "--lake_bucket": "<Lake>",
        "--ruleset": assembly.lakehouse.properties("AWS::Glue::DataQualityRuleset")["Name"],
    }
    assert arguments["--job-bookmark-option"] == "job-bookmark-enable"
    # with it Spark makes the database "default" in an account that has none, for which the role has no permission
    assert "--enable-glue-datacatalog" not in arguments
    assert arguments["--extra-py-files"].endswith(".zip")


def test_job_takes_its_size_from_the_settings(default: Any, otherwise: Any) -> None:
    sizes = [
        (job["NumberOfWorkers"], job["Timeout"])
        for job in (assembly.lakehouse.properties("AWS::Glue::Job") for assembly in (default, otherwise))
    ]
    assert sizes == [(2, 30), (10, 120)]


def test_job_library_is_what_the_script_imports(default: Any, repository: Any) -> None:
    (archive,) = default.folder.glob("asset.*.zip")
    with zipfile.ZipFile(archive) as library:
        names = library.namelist()
        assert names == sorted(names)
        assert {item.date_time for item in library.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert library.read("contracts/flights.json").decode() == contracts.compiled("flights")
    modules = {path.relative_to(repository).as_posix() for path in (repository / "processing").rglob("*.py")}
    assert modules | {"contracts/__init__.py", "contracts/model.py"} <= set(names)
    assert not [name for name in names if name.endswith((".pyc", ".yaml"))]


def test_job_comes_after_rules_table_and_log_groups(assembly: Any) -> None:
    template = assembly.lakehouse
    before = template.depends_on(template.logical_id("AWS::Glue::Job"))
    assert template.logical_id("AWS::Glue::DataQualityRuleset") in before
    assert template.logical_id("AWS::Glue::Table", "FlightsTable") in before
    assert template.logical_id("AWS::IAM::Role", "CurateFlightsRole") in before
    assert {key for key in template.of("AWS::Logs::LogGroup") if key.startswith("CurateFlights")} <= before


def test_crawlers_come_after_their_log_groups(assembly: Any) -> None:
    template = assembly.lakehouse
    for crawler in template.of("AWS::Glue::Crawler"):
        before = template.depends_on(crawler)
        assert template.logical_id("AWS::Logs::LogGroup", crawler) in before
        assert template.logical_id("AWS::IAM::Role", crawler) in before


def test_glue_writes_to_the_log_groups_that_the_stack_owns(assembly: Any, flatten: Any) -> None:
    """Names as Glue makes them of prefix, security configuration and role; a group of another name stays behind."""
    template = assembly.lakehouse
    stack = template.properties("AWS::Glue::SecurityConfiguration")["Name"]
    names = {flatten(item["Properties"]["LogGroupName"]) for item in template.of("AWS::Logs::LogGroup").values()}
    assert names == {
        f"/aws-glue/{stack}/<GlueSecurity>-role/<CurateFlightsRole>/error",
        f"/aws-glue/{stack}/<GlueSecurity>-role/<CurateFlightsRole>/output",
        "/aws-glue/crawlers-role/<ReferenceCrawlerRole>-<GlueSecurity>",
        "/aws-glue/crawlers-role/<EventsCrawlerRole>-<GlueSecurity>",
    }
    arguments = template.properties("AWS::Glue::Job")["DefaultArguments"]
    assert arguments["--custom-logGroup-prefix"] == f"/aws-glue/{stack}"


def test_everything_glue_writes_is_encrypted(assembly: Any, flatten: Any) -> None:
    template = assembly.lakehouse
    encryption = template.properties("AWS::Glue::SecurityConfiguration")["EncryptionConfiguration"]
    assert encryption["CloudWatchEncryption"]["CloudWatchEncryptionMode"] == "SSE-KMS"
    assert encryption["JobBookmarksEncryption"]["JobBookmarksEncryptionMode"] == "CSE-KMS"
    assert [item["S3EncryptionMode"] for item in encryption["S3Encryptions"]] == ["SSE-KMS"]
    parts = (encryption["CloudWatchEncryption"], encryption["JobBookmarksEncryption"], *encryption["S3Encryptions"])
    assert {flatten(part["KmsKeyArn"]) for part in parts} == {"<Key.Arn>"}
    assert flatten(template.properties("AWS::Glue::Job")["SecurityConfiguration"]) == "<GlueSecurity>"
    for crawler in template.of("AWS::Glue::Crawler").values():
        assert flatten(crawler["Properties"]["CrawlerSecurityConfiguration"]) == "<GlueSecurity>"


def test_rules_are_the_contracts_unless_switched_off(default: Any, otherwise: Any) -> None:
    rules = default.lakehouse.properties("AWS::Glue::DataQualityRuleset")
    assert rules["Ruleset"] == dqdl(CONTRACT.table("flights"))
    assert rules["TargetTable"]["DatabaseName"] == "mlref_lake"
    assert otherwise.lakehouse.properties("AWS::Glue::DataQualityRuleset")["Ruleset"].split() == [
        *("Rules", "=", "[", "RowCount", ">", "0", "]")
    ]


def test_work_group_cannot_be_loosened_by_its_users(default: Any, otherwise: Any, flatten: Any) -> None:
    for assembly, cutoff in ((default, 1_000_000_000), (otherwise, 10_000_000)):
        group = assembly.lakehouse.properties("AWS::Athena::WorkGroup")
        configuration = group["WorkGroupConfiguration"]
        assert configuration["EnforceWorkGroupConfiguration"] is True
        assert configuration["BytesScannedCutoffPerQuery"] == cutoff
        assert configuration["PublishCloudWatchMetricsEnabled"] is True
        assert configuration["EngineVersion"] == {"SelectedEngineVersion": "Athena engine version 3"}
        result = configuration["ResultConfiguration"]
        assert flatten(result["OutputLocation"]) == "s3://<Lake>/athena-results/"
        assert result["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
        assert flatten(result["EncryptionConfiguration"]["KmsKey"]) == "<Key.Arn>"
        assert group["RecursiveDeleteOption"] is True  # else queries in its history keep it from being deleted


def test_workflow_crawls_then_curates(default: Any, otherwise: Any, flatten: Any) -> None:
    for assembly, name in ((default, "Curation"), (otherwise, "CurationNightly")):
        run = assembly.lakehouse.properties("AWS::Glue::Trigger", f"{name}Run")
        (condition,) = run["Predicate"]["Conditions"]
        assert (flatten(condition["CrawlerName"]), condition["CrawlState"]) == ("<EventsCrawler>", "SUCCEEDED")
        assert [flatten(action["JobName"]) for action in run["Actions"]] == ["<CurateFlights>"]
        assert run["StartOnCreation"] is True
        start = assembly.lakehouse.properties("AWS::Glue::Trigger", f"{name}Start")
        assert [flatten(action["CrawlerName"]) for action in start["Actions"]] == ["<EventsCrawler>"]
        assert {flatten(trigger["WorkflowName"]) for trigger in (run, start)} == {f"<{name}>"}
        # at the same time they fail each other now and then, when they are made and when they are deleted
        ordered = assembly.lakehouse.depends_on(assembly.lakehouse.logical_id("AWS::Glue::Trigger", f"{name}Run"))
        assert assembly.lakehouse.logical_id("AWS::Glue::Trigger", f"{name}Start") in ordered
    assert default.lakehouse.properties("AWS::Glue::Trigger", "CurationStart")["Type"] == "ON_DEMAND"
    nightly = otherwise.lakehouse.properties("AWS::Glue::Trigger", "CurationNightlyStart")
    assert (nightly["Type"], nightly["Schedule"]) == ("SCHEDULED", "cron(0 3 * * ? *)")
    assert nightly["StartOnCreation"] is True


def allowed(assembly: Any, role: str, flatten: Any) -> dict[str, set[str]]:
    """Action → resources, the catalog's by what comes after the account."""
    found: dict[str, set[str]] = {}
    for statement in assembly.lakehouse.statements(role):
        actions, resources = statement["Action"], statement["Resource"]
        for action in [actions] if isinstance(actions, str) else actions:
            for resource in resources if isinstance(resources, list) else [resources]:
                found.setdefault(action, set()).add(flatten(resource).rpartition(">:")[2])
    return found


def test_what_has_a_security_configuration_may_look_it_up(assembly: Any, flatten: Any) -> None:
    for role in ("ReferenceCrawlerRole", "EventsCrawlerRole", "CurateFlightsRole"):
        assert allowed(assembly, role, flatten)["glue:GetSecurityConfiguration"] == {"*"}


def test_what_updates_a_table_may_update_that_one(default: Any, flatten: Any) -> None:
    """Sinks that update the catalog, and crawlers of partitions, may call more than the local ones do."""
    where = {"catalog", "database/mlref_lake"}
    job = allowed(default, "CurateFlightsRole", flatten)
    assert job["glue:UpdateTable"] == {*where, "table/mlref_lake/flights"}
    assert not {"glue:CreateDatabase", "glue:CreateTable", "glue:DeleteTable"} & job.keys()
    assert "database/default" not in job["glue:GetDatabase"]
    crawler = allowed(default, "EventsCrawlerRole", flatten)
    assert crawler["glue:BatchUpdatePartition"] == {*where, "table/mlref_lake/flight_events"}


def test_the_job_may_write_as_s3a_does(default: Any, flatten: Any) -> None:
    """Hadoop lists what its S3A needs to write; Glue uses it since 5.1 (both pages in stacks/batch/lakehouse.py)."""
    job = allowed(default, "CurateFlightsRole", flatten)
    assert {"<Lake.Arn>"} == job["s3:ListBucket"] == job["s3:ListBucketMultipartUploads"]
    written = {"<Lake.Arn>/curated/flights/*"}
    assert written == job["s3:PutObject"] == job["s3:DeleteObject"] == job["s3:AbortMultipartUpload"]
    assert written < job["s3:GetObject"]


def test_the_job_may_write_its_log_whatever_glue_makes_of_the_groups_name(default: Any, flatten: Any) -> None:
    resources = allowed(default, "CurateFlightsRole", flatten)["logs:PutLogEvents"]
    prefixes = [resource.removeprefix("log-group:").removesuffix("*") for resource in resources]
    role, configuration = "mlref-Lakehouse-CurateFlightsRole0815", "mlref-Lakehouse"
    for group in (
        f"/aws-glue/mlref-Lakehouse/{configuration}-role/{role}/error",
        f"/aws-glue/mlref-Lakehouse-{role}-{configuration}/error",
        f"/aws-glue/jobs-{role}-{configuration}/error",
        f"/aws-glue/jobs/{configuration}-role/{role}/error",
    ):
        assert any(group.startswith(prefix) for prefix in prefixes), group
    assert not any("/aws-glue/jobs/error".startswith(prefix) for prefix in prefixes)  # the account's
