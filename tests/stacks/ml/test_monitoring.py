"""Monitoring: who checks, what each role may do, and the way from a file of violations to another training."""

import json
import re
from typing import Any

import pytest

import contracts
from pipelines.definition import MONITORING, Sentinel, committed
from stacks.ml.monitoring_schedule import cron

FUNCTION, RULE, ROLE = "AWS::Lambda::Function", "AWS::Events::Rule", "AWS::IAM::Role"
DEFINITION, SCHEDULE = "AWS::SageMaker::DataQualityJobDefinition", "AWS::SageMaker::MonitoringSchedule"


def definition(assembly: Any, flatten: Any) -> dict[str, Any]:
    pipeline = assembly.monitoring.properties("AWS::SageMaker::Pipeline")
    found: dict[str, Any] = json.loads(flatten(pipeline["PipelineDefinition"]["PipelineDefinitionBody"]))
    return found


def defaults(document: dict[str, Any]) -> dict[str, Any]:
    return {item["Name"]: item["DefaultValue"] for item in document["Parameters"]}


def permissions(assembly: Any, role: str, flatten: Any) -> dict[str, set[str]]:
    """Action → resources, the beginning of ARNs left out."""
    found: dict[str, set[str]] = {}
    for statement in assembly.monitoring.statements(role):
        actions, resources = statement["Action"], statement["Resource"]
        for action in actions if isinstance(actions, list) else [actions]:
            for resource in resources if isinstance(resources, list) else [resources]:
                found.setdefault(action, set()).add(re.sub(r"^arn:.*:(?=[a-z-]+/)", "", flatten(resource)))
    return found


def conditions(assembly: Any, role: str, action: str) -> list[Any]:
    return [
        item.get("Condition")
        for item in assembly.monitoring.statements(role)
        if action in (item["Action"], *item["Action"])
    ]


# --- mode processing


def test_definition_is_the_committed_one_with_the_values_of_the_account(default: Any, flatten: Any) -> None:
    document, source = definition(default, flatten), json.loads(committed(MONITORING))
    assert "placeholder" not in json.dumps(document)
    assert [step["Name"] for step in document["Steps"]] == [step["Name"] for step in source["Steps"]]
    plan, condition = document["Steps"]
    assert plan["FunctionArn"] == "<Plan.Arn>"
    jobs = {step["Name"]: step["Arguments"] for step in condition["Arguments"]["IfSteps"]}
    for name, folder in (("Check", "data"), ("Quality", "quality")):
        job = jobs[name]
        assert job["RoleArn"] == "<MonitorJobsRole.Arn>"
        assert job["AppSpecification"]["ImageUri"].endswith("/sagemaker-scikit-learn:1.9-0-cpu-py3")
        assert job["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "<Key.Arn>"
        assert job["ProcessingOutputConfig"]["KmsKeyId"] == "<Key.Arn>"
        uris = {item["InputName"]: item["S3Input"]["S3Uri"] for item in job["ProcessingInputs"]}
        assert uris["constraints"] == "s3://<Lake>/monitoring/baseline/"
        (library,) = default.folder.glob("asset.*.zip")
        assert uris["code"].endswith(f"/{library.name.removeprefix('asset.')}")
        (output,) = job["ProcessingOutputConfig"]["Outputs"]
        assert output["S3Output"]["S3Uri"]["Std:Join"]["Values"][:3] == [
            "s3://<Lake>/monitoring",
            {"Get": "Parameters.EndpointName"},
            folder,
        ]


def test_parameters_come_from_the_settings(default: Any, isolated: Any, flatten: Any) -> None:
    usual = defaults(definition(default, flatten))
    table = contracts.load("flights").table("flights")
    assert usual == {
        "EndpointName": "mlref-flights",
        "WindowStart": "auto",
        "WindowEnd": "auto",
        "WindowHours": 24,
        "TruthUri": f"s3://<Lake>/{table.location}/",
        "TruthDelayHours": 0,
        "FeaturesModule": "datasets.flights.features",
        "ProcessingInstanceType": "ml.m5.large",
    }
    found = defaults(definition(isolated, flatten))
    assert (found["WindowHours"], found["TruthDelayHours"], found["ProcessingInstanceType"]) == (
        6,
        36,
        "ml.c5.xlarge",
    )
    assert isolated.monitoring.properties("AWS::Scheduler::Schedule")["ScheduleExpression"] == "rate(6 hours)"


def test_schedule_starts_the_pipeline_as_often_as_its_window_is_long(default: Any, flatten: Any) -> None:
    schedule = default.monitoring.properties("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(24 hours)"
    assert flatten(schedule["Target"]["Arn"]).endswith(":pipeline/<Pipeline>")
    assert permissions(default, "ScheduleRole", flatten) == {
        "sagemaker:StartPipelineExecution": {"pipeline/<Pipeline>"}
    }


def test_plan_lists_two_prefixes_and_writes_one(default: Any, flatten: Any) -> None:
    allowed = permissions(default, "PlanRole", flatten)
    assert allowed["s3:PutObject"] == {"<Lake.Arn>/monitoring/mlref-flights/plans/*"}
    assert allowed["s3:ListBucket"] == {"<Lake.Arn>"}
    assert conditions(default, "PlanRole", "s3:ListBucket") == [
        {"StringLike": {"s3:prefix": ["capture/mlref-flights/*", "curated/flights/*"]}}
    ]
    assert not allowed.keys() & {"s3:GetObject", "s3:DeleteObject", "kms:Decrypt"}
    function = default.monitoring.properties(FUNCTION, "Plan")
    assert flatten(function["Environment"]["Variables"]["LAKE_BUCKET"]) == "<Lake>"


def test_pipeline_invokes_one_function_and_passes_one_role(default: Any, flatten: Any) -> None:
    allowed = permissions(default, "MonitorPipelineRole", flatten)
    assert allowed["lambda:InvokeFunction"] == {"<Plan.Arn>"}
    assert allowed["iam:PassRole"] == {"<MonitorJobsRole.Arn>"}
    assert conditions(default, "MonitorPipelineRole", "iam:PassRole") == [
        {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    ]
    assert {action for action in allowed if action.startswith("sagemaker:Create")} == {
        "sagemaker:CreateProcessingJob"
    }
    template = default.monitoring
    before = template.depends_on(template.logical_id("AWS::SageMaker::Pipeline"))
    assert {template.logical_id(ROLE, "MonitorJobsRole"), template.logical_id(FUNCTION, "Plan")} <= before


def test_jobs_write_results_only(assembly: Any, flatten: Any) -> None:
    """Of either mode."""
    endpoint = (
        "other2-flights" if "other2" in json.dumps(assembly.monitoring.document["Outputs"]) else "mlref-flights"
    )
    allowed = permissions(assembly, "MonitorJobsRole", flatten)
    assert allowed["s3:PutObject"] == {f"<Lake.Arn>/monitoring/{endpoint}/{check}/*" for check in ("data", "quality")}
    lake = {item for item in allowed["s3:GetObject"] if item.startswith("<Lake.Arn>")}
    assert {f"<Lake.Arn>/capture/{endpoint}/*", "<Lake.Arn>/monitoring/baseline/*"} <= lake
    assert not [action for action in allowed if action.startswith(("sagemaker:", "iam:", "lambda:"))]
    assert conditions(assembly, "MonitorJobsRole", "kms:CreateGrant") == [
        {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    ]


# --- mode model_monitor


def test_model_monitor_is_isolated_and_encrypted(otherwise: Any, flatten: Any) -> None:
    """Security Hub SageMaker.9 and SageMaker.11, Config sagemaker-data-quality-job-encrypt-in-transit and
    sagemaker-data-quality-job-isolation.

    https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html
    """
    job = otherwise.monitoring.properties(DEFINITION)
    network = job["NetworkConfig"]
    assert network["EnableInterContainerTrafficEncryption"] is network["EnableNetworkIsolation"] is True
    cluster = job["JobResources"]["ClusterConfig"]
    assert flatten(cluster["VolumeKmsKeyId"]) == "<Key.Arn>"
    assert (cluster["InstanceCount"], cluster["InstanceType"]) == (1, "ml.m5.xlarge")
    assert flatten(job["DataQualityJobOutputConfig"]["KmsKeyId"]) == "<Key.Arn>"
    assert job["StoppingCondition"]["MaxRuntimeInSeconds"] < 3600


def test_model_monitor_compares_the_endpoint_with_the_baseline(otherwise: Any, flatten: Any) -> None:
    job = otherwise.monitoring.properties(DEFINITION)
    endpoint = otherwise.serving.document["Outputs"]["EndpointName"]["Value"]
    assert job["DataQualityJobInput"]["EndpointInput"]["EndpointName"] == endpoint
    baseline = job["DataQualityBaselineConfig"]
    for part in ("Statistics", "Constraints"):
        uri = flatten(baseline[f"{part}Resource"]["S3Uri"])
        assert uri == f"s3://<Lake>/monitoring/baseline/{part.lower()}.json"
    (output,) = job["DataQualityJobOutputConfig"]["MonitoringOutputs"]
    assert flatten(output["S3Output"]["S3Uri"]) == f"s3://<Lake>/monitoring/{endpoint}/data"
    images = json.loads(committed("images"))["model-monitor"]["registries"]
    assert flatten(job["DataQualityAppSpecification"]["ImageUri"]) == (
        f"{images['eu-west-1']}.dkr.ecr.eu-west-1.<AWS::URLSuffix>/sagemaker-model-monitor-analyzer"
    )


def test_model_monitors_schedule_is_of_the_definition_that_is_deployed(otherwise: Any) -> None:
    """Config sagemaker-monitoring-schedule-isolation (SageMaker.14) looks at a definition inside a schedule; ours has
    one of its own."""
    template = otherwise.monitoring
    config = template.properties(SCHEDULE)["MonitoringScheduleConfig"]
    name = template.logical_id(DEFINITION)
    assert config["MonitoringJobDefinitionName"] == {
        "Fn::Select": [1, {"Fn::Split": ["/", {"Fn::GetAtt": [name, "JobDefinitionArn"]}]}]
    }
    assert "MonitoringJobDefinition" not in config
    assert config["ScheduleConfig"] == {"ScheduleExpression": "cron(0 0/12 ? * * *)"}
    assert "JobDefinitionName" not in template.properties(DEFINITION)  # so that CloudFormation can replace it


def test_model_monitor_may_publish_the_metrics_of_the_columns(otherwise: Any) -> None:
    (condition,) = conditions(otherwise, "MonitorJobsRole", "cloudwatch:PutMetricData")
    namespaces = condition["StringEquals"]["cloudwatch:namespace"]
    assert namespaces == ["/aws/sagemaker/ProcessingJobs", "aws/sagemaker/Endpoints/data-metrics"]


@pytest.mark.parametrize(("hours", "expression"), [(1, "*"), (5, "0/5"), (24, "0")])
def test_forms_of_cron_that_model_monitor_takes(hours: int, expression: str) -> None:
    assert cron(hours) == f"cron(0 {expression} ? * * *)"


# --- from files to training


def test_files_of_violations_reach_the_publisher(assembly: Any, flatten: Any) -> None:
    template = assembly.monitoring
    endpoint = assembly.serving.document["Outputs"]["EndpointName"]["Value"]
    rule = template.properties(RULE, "Violations")
    pattern = rule["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert flatten(pattern["detail"]["bucket"]["name"][0]) == "<Lake>"
    assert pattern["detail"]["object"]["key"] == [{"wildcard": f"monitoring/{endpoint}/*/constraint_violations.json"}]
    (target,) = rule["Targets"]
    assert flatten(target["Arn"]) == "<Publish.Arn>"
    assert flatten(target["DeadLetterConfig"]["Arn"]) == "<Undelivered.Arn>"
    allowed = permissions(assembly, "PublishRole", flatten)
    assert allowed["s3:GetObject"] == {f"<Lake.Arn>/monitoring/{endpoint}/*"}
    prefix = endpoint.removesuffix("-flights")
    (condition,) = conditions(assembly, "PublishRole", "cloudwatch:PutMetricData")
    assert condition == {"StringEquals": {"cloudwatch:namespace": [f"{prefix}/Monitoring"]}}
    variables = template.properties(FUNCTION, "Publish")["Environment"]["Variables"]
    assert variables["NAMESPACE"] == f"{prefix}/Monitoring"


def test_only_our_own_checks_leave_a_report(default: Any, otherwise: Any) -> None:
    beside = [
        assembly.monitoring.properties(FUNCTION, "Publish")["Environment"]["Variables"]["BESIDE"]
        for assembly in (default, otherwise)
    ]
    assert beside == ["statistics.json report.json", "statistics.json"]


def test_one_violation_is_an_alarm(default: Any, otherwise: Any, flatten: Any) -> None:
    for assembly, checks in ((default, {"data", "quality"}), (otherwise, {"data"})):
        found = {
            {part["Name"]: part["Value"] for part in item["Properties"]["Dimensions"]}["Check"]: item["Properties"]
            for item in assembly.monitoring.of("AWS::CloudWatch::Alarm").values()
            if item["Properties"]["MetricName"] == "Violations"
        }
        assert found.keys() == checks
        for alarm in found.values():
            assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 0)
            assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
            assert alarm["TreatMissingData"] == "notBreaching"
            assert [flatten(action) for action in alarm["AlarmActions"]] == ["<AlarmTopic>"]


def test_alarms_start_the_training_again_unless_it_is_switched_off(
    default: Any, otherwise: Any, flatten: Any
) -> None:
    template = default.monitoring
    rule = template.properties(RULE, "ViolationAlarm")
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.cloudwatch"]
    assert pattern["detail-type"] == ["CloudWatch Alarm State Change"]
    assert pattern["detail"] == {"state": {"value": ["ALARM"]}}
    assert {flatten(arn) for arn in pattern["resources"]} == {"<DataViolations.Arn>", "<QualityViolations.Arn>"}
    (target,) = rule["Targets"]
    assert flatten(target["Arn"]) == "<Retrain.Arn>"
    assert flatten(target["DeadLetterConfig"]["Arn"]) == "<Undelivered.Arn>"

    variables = {
        name: flatten(value)
        for name, value in template.properties(FUNCTION, "Retrain")["Environment"]["Variables"].items()
    }
    training = default.training.properties("AWS::SageMaker::Pipeline")["PipelineName"]
    assert variables == {
        "PIPELINE": training,
        "LAKE_BUCKET": "<Lake>",
        "CURATED_PREFIX": "curated/flights/",
        "WINDOW_DAYS": "90",
        "COOLDOWN_HOURS": "24",
        "TOPIC_ARN": "<AlarmTopic>",
    }
    allowed = permissions(default, "RetrainRole", flatten)
    assert allowed["sagemaker:StartPipelineExecution"] == {f"pipeline/{training}"}
    assert allowed["sns:Publish"] == {"<AlarmTopic>"}
    assert conditions(default, "RetrainRole", "s3:ListBucket") == [
        {"StringLike": {"s3:prefix": ["curated/flights/*"]}}
    ]
    assert not allowed.keys() & {"s3:GetObject", "s3:PutObject", "iam:PassRole"}

    assert not [name for name in otherwise.monitoring.resources if name.startswith(("Retrain", "ViolationAlarm"))]


def test_retraining_takes_its_window_and_cooldown_from_the_settings(isolated: Any) -> None:
    variables = isolated.monitoring.properties(FUNCTION, "Retrain")["Environment"]["Variables"]
    assert (variables["WINDOW_DAYS"], variables["COOLDOWN_HOURS"]) == ("60", "48")


def test_rules_may_invoke_their_functions_and_fill_the_dead_letter_queue(assembly: Any, flatten: Any) -> None:
    template = assembly.monitoring
    rules = {flatten({"Ref": name}): item["Properties"]["Targets"][0] for name, item in template.of(RULE).items()}
    invoked = {
        (flatten(item["Properties"]["SourceArn"]), flatten(item["Properties"]["FunctionName"]))
        for item in template.of("AWS::Lambda::Permission").values()
    }
    assert invoked == {(f"{name[:-1]}.Arn>", flatten(target["Arn"])) for name, target in rules.items()}
    statements = template.properties("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    senders = {
        flatten(item["Condition"]["ArnEquals"]["aws:SourceArn"]) for item in statements if item["Effect"] == "Allow"
    }
    assert senders == {f"{name[:-1]}.Arn>" for name in rules}
    queue = template.properties("AWS::SQS::Queue")
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 86400


def test_what_fails_and_events_that_wait_are_alarms(default: Any, flatten: Any) -> None:
    watched = {
        (item["Properties"]["MetricName"], flatten(item["Properties"]["Dimensions"][0]["Value"]))
        for item in default.monitoring.of("AWS::CloudWatch::Alarm").values()
    }
    assert {
        ("Errors", "<Publish>"),
        ("Errors", "<Retrain>"),
        ("ExecutionFailed", "mlref-monitoring"),
        ("ApproximateNumberOfMessagesVisible", "<Undelivered.QueueName>"),
    } <= watched


# --- for people


def board(template: dict[str, Any], flatten: Any) -> list[dict[str, Any]]:
    (found,) = [item for item in template["Resources"].values() if item["Type"] == "AWS::CloudWatch::Dashboard"]
    return list(json.loads(flatten(found["Properties"]["DashboardBody"]))["widgets"])


def test_dashboard_shows_endpoint_checks_pipelines_and_stream(default: Any, flatten: Any) -> None:
    widgets = board(default.monitoring.document, flatten)
    titles = {widget["properties"].get("title") for widget in widgets}
    assert {
        "Alarms",
        "Requests",
        "Errors",
        "Latency of the model (µs)",
        "Violations",
        "Pipeline executions",
    } <= titles
    text = json.dumps(widgets)
    for metric in (
        *("Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency", "DriftedShare"),
        *("ExecutionSucceeded", "ExecutionFailed", "IteratorAgeMilliseconds", "DeliveryToS3.DataFreshness"),
        *("p50", "p90", "p99", "mlref-training", "mlref-monitoring", "mlref-StreamIngest"),
    ):
        assert metric in text, metric
    for widget in widgets:
        assert widget["x"] + widget["width"] <= 24


def test_switched_off_only_the_dashboard_is_left(switched_off: Any, flatten: Any) -> None:
    template = switched_off.monitoring
    kinds = {item["Type"] for item in template.resources.values()} - {"AWS::CDK::Metadata"}
    assert kinds == {"AWS::CloudWatch::Dashboard"}
    titles = {widget["properties"].get("title") for widget in board(template.document, flatten)}
    assert "Requests" in titles
    assert not titles & {"Violations", "Alarms"}
    assert [key for key in template.document["Outputs"] if not key.startswith("Exports")] == ["DashboardName"]


def test_no_sentinel_is_left(default: Any) -> None:
    text = json.dumps(default.monitoring.document)
    assert not [sentinel for sentinel in Sentinel if sentinel in text]
