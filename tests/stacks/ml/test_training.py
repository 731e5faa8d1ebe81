"""Training: pipeline, package group, roles, what starts it."""

import json
import re
import tarfile
import zipfile
from typing import Any

import pytest
from aws_cdk import App, Stack

import contracts
from pipelines.definition import Sentinel, committed
from stacks.ml.pipeline_definition import definition

XGBOOST = "sagemaker-xgboost:3.2-0"
SKLEARN = "sagemaker-scikit-learn:1.9-0-cpu-py3"


@pytest.fixture
def document(assembly: Any, flatten: Any) -> dict[str, Any]:
    """The pipeline's definition, references in angle brackets."""
    return body(assembly, flatten)


def body(assembly: Any, flatten: Any) -> dict[str, Any]:
    pipeline = assembly.training.properties("AWS::SageMaker::Pipeline")
    found: dict[str, Any] = json.loads(flatten(pipeline["PipelineDefinition"]["PipelineDefinitionBody"]))
    return found


def defaults(document: dict[str, Any]) -> dict[str, Any]:
    return {parameter["Name"]: parameter["DefaultValue"] for parameter in document["Parameters"]}


def step(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [step for step in document["Steps"] if step["Name"] == name]
    return dict(found)


def test_definition_has_no_sentinel_left(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert not [sentinel for sentinel in Sentinel if sentinel in text]
    assert "placeholder" not in text


def test_definition_is_the_committed_one_but_for_values(default: Any, flatten: Any) -> None:
    """Same steps, same arguments by name; what differs are texts in which a sentinel was."""
    mine, source = body(default, flatten), json.loads(committed("training"))
    assert paths(mine).keys() == paths(source).keys()
    assert [step["Name"] for step in mine["Steps"]] == [
        *("Preprocess", "Train", "Evaluate", "Baseline", "CheckMetrics")
    ]
    changed = {path: value for path, value in paths(source).items() if paths(mine)[path] != value}
    assert all(any(sentinel in str(value) for sentinel in Sentinel) for value in changed.values())


def paths(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {key: leaf for name, item in value.items() for key, leaf in paths(item, f"{path}.{name}").items()}
    if isinstance(value, list):
        return {key: leaf for at, item in enumerate(value) for key, leaf in paths(item, f"{path}[{at}]").items()}
    return {path: value}


def test_jobs_get_their_role_code_data_and_images(assembly: Any, document: dict[str, Any]) -> None:
    preprocess = step(document, "Preprocess")["Arguments"]
    assert preprocess["RoleArn"] == "<JobsRole.Arn>"
    uris = {item["InputName"]: item["S3Input"]["S3Uri"] for item in preprocess["ProcessingInputs"]}
    code = uris["code"]
    (library,) = assembly.folder.glob("asset.*.zip")
    assert code.endswith(f"/{library.name.removeprefix('asset.')}")
    assert preprocess["Environment"]["PYTHONPATH"].endswith(f"/code/{code.rpartition('/')[2]}")
    assert defaults(document)["InputDataUri"] == "s3://<Lake>/curated/flights/"
    assert contracts.load("flights").table("flights").location == "curated/flights"
    assert preprocess["AppSpecification"]["ImageUri"].endswith(f"/{SKLEARN}")
    evaluate = step(document, "Evaluate")["Arguments"]["AppSpecification"]["ImageUri"]
    assert evaluate.endswith(f"/{XGBOOST}")


def test_code_is_what_the_jobs_import(default: Any) -> None:
    (library,) = default.folder.glob("asset.*.zip")
    with zipfile.ZipFile(library) as archive:
        modules = set(archive.namelist())
    (source,) = default.folder.glob("asset.*.tar.gz")
    with tarfile.open(source) as archive:
        packed = set(archive.getnames())
    wanted = {"datasets/flights/features.py", "processing/sagemaker/preprocess.py", "contracts/flights.json"}
    assert wanted <= modules
    assert wanted | {"train.py"} <= packed


def test_images_are_those_of_the_region(default: Any, otherwise: Any, flatten: Any) -> None:
    accounts = default.training.document["Mappings"]["ImageAccounts"]
    images = json.loads(committed("images"))
    assert {region: item["xgboost"] for region, item in accounts.items()} == images["xgboost"]["registries"]
    assert {region: item["sklearn"] for region, item in accounts.items()} == images["sklearn"]["registries"]
    anywhere = step(body(default, flatten), "Evaluate")["Arguments"]["AppSpecification"]["ImageUri"]
    assert anywhere == (f"<ImageAccounts[<AWS::Region>][xgboost]>.dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/{XGBOOST}")
    ireland = step(body(otherwise, flatten), "Evaluate")["Arguments"]["AppSpecification"]["ImageUri"]
    assert ireland == f"{images['xgboost']['registries']['eu-west-1']}.dkr.ecr.eu-west-1.<AWS::URLSuffix>/{XGBOOST}"


def test_defaults_of_parameters_come_from_the_settings(default: Any, otherwise: Any, flatten: Any) -> None:
    names = ("ProcessingInstanceType", "TrainingInstanceType", "MinimumTemporalAuc", "MinimumGainOverBaseline")
    found = [[defaults(body(assembly, flatten))[name] for name in names] for assembly in (default, otherwise)]
    assert found == [["ml.m5.xlarge", "ml.m5.xlarge", 0.62, 0.0], ["ml.m5.large", "ml.m5.2xlarge", 0.65, 0.02]]


def test_tuning_and_spot_are_settings(default: Any, otherwise: Any, flatten: Any) -> None:
    train = step(body(default, flatten), "Train")["Arguments"]
    assert "EnableManagedSpotTraining" not in train
    tune = step(body(otherwise, flatten), "Tune")["Arguments"]["TrainingJobDefinition"]
    assert tune["EnableManagedSpotTraining"] is True
    assert tune["StoppingCondition"]["MaxWaitTimeInSeconds"] > tune["StoppingCondition"]["MaxRuntimeInSeconds"]
    assert tune["RoleArn"] == "<JobsRole.Arn>"


def test_first_step_is_not_cached_when_the_pipeline_starts_by_itself(
    default: Any, otherwise: Any, flatten: Any
) -> None:
    assert "CacheConfig" in step(body(default, flatten), "Preprocess")
    automatic = body(otherwise, flatten)
    assert "CacheConfig" not in step(automatic, "Preprocess")
    assert "CacheConfig" in step(automatic, "Tune")


def test_default_of_no_parameter_is_refused() -> None:
    values = dict.fromkeys(Sentinel, "x")
    with pytest.raises(ValueError, match="training has no parameter Speed"):
        definition(Stack(App(), "S"), "training", values, defaults={"Speed": 1}, spot=False, starts_by_itself=False)


def test_models_are_registered_in_the_group_of_the_stack(
    assembly: Any, flatten: Any, document: dict[str, Any]
) -> None:
    template = assembly.training
    name = template.properties("AWS::SageMaker::ModelPackageGroup")["ModelPackageGroupName"]
    (register,) = step(document, "CheckMetrics")["Arguments"]["IfSteps"]
    assert register["Arguments"]["ModelPackageGroupName"] == name
    assert template.document["Outputs"]["ModelPackageGroupName"]["Value"] == name
    before = template.depends_on(template.logical_id("AWS::SageMaker::Pipeline"))
    assert template.logical_id("AWS::SageMaker::ModelPackageGroup") in before
    assert template.logical_id("AWS::IAM::Role", "JobsRole") in before
    pipeline = template.properties("AWS::SageMaker::Pipeline")
    assert flatten(pipeline["RoleArn"]) == "<PipelineRole.Arn>"


def permissions(assembly: Any, role: str, flatten: Any) -> dict[str, set[str]]:
    """Action → resources, the beginning of ARNs left out."""
    found: dict[str, set[str]] = {}
    for statement in assembly.training.statements(role):
        actions, resources = statement["Action"], statement["Resource"]
        for action in actions if isinstance(actions, list) else [actions]:
            for resource in resources if isinstance(resources, list) else [resources]:
                short = re.sub(r"^arn:.*:(?=[a-z-]+/)", "", flatten(resource))
                found.setdefault(action, set()).add(short)
    return found


def test_jobs_write_only_below_runs(assembly: Any, flatten: Any) -> None:
    allowed = permissions(assembly, "JobsRole", flatten)
    assert allowed["s3:PutObject"] == {"<Lake.Arn>/runs/*"}
    lake = {resource for resource in allowed["s3:GetObject"] if resource.startswith("<Lake.Arn>")}
    assert lake == {"<Lake.Arn>/runs/*", "<Lake.Arn>/curated/flights/*"}
    assert "s3:DeleteObject" not in allowed
    assert not [action for action in allowed if action.startswith(("sagemaker:", "iam:"))]
    repositories = {"repository/sagemaker-xgboost", "repository/sagemaker-scikit-learn"}
    assert allowed["ecr:BatchGetImage"] == repositories
    namespaces = [
        statement["Condition"]["StringEquals"]["cloudwatch:namespace"]
        for statement in assembly.training.statements("JobsRole")
        if statement["Action"] == "cloudwatch:PutMetricData"
    ]
    assert namespaces == [["/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs"]]


def test_jobs_may_use_the_key_for_outputs_and_volumes(assembly: Any, flatten: Any) -> None:
    allowed = permissions(assembly, "JobsRole", flatten)
    for action in ("Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey", "CreateGrant"):
        assert allowed[f"kms:{action}"] == {"<Key.Arn>"}
    (grant,) = [item for item in assembly.training.statements("JobsRole") if item["Action"] == "kms:CreateGrant"]
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_versions_are_registered_for_the_type_of_the_endpoint(default: Any, otherwise: Any, flatten: Any) -> None:
    for assembly, expected in ((default, "ml.m5.large"), (otherwise, "ml.c5.large")):
        (register,) = step(body(assembly, flatten), "CheckMetrics")["Arguments"]["IfSteps"]
        specification = register["Arguments"]["InferenceSpecification"]
        assert specification["SupportedRealtimeInferenceInstanceTypes"] == [expected]


@pytest.mark.parametrize(
    ("instance", "encrypted"),
    [
        *((f"ml.{family}.xlarge", True) for family in ("t3", "m5", "c5", "c6in", "r7i")),
        *((f"ml.{family}.xlarge", False) for family in ("m5d", "c5d", "r5d", "m6id", "g4dn", "g5", "trn1", "x9")),
    ],
)
@pytest.mark.parametrize("name", ["training", "training-tuned"])
def test_a_volume_that_takes_no_key_gets_none(name: str, instance: str, encrypted: bool) -> None:
    """With one for a local disk SageMaker refuses the job; the outputs are encrypted all the same."""
    types: dict[str, str | float] = {"ProcessingInstanceType": "ml.m5.large", "TrainingInstanceType": instance}
    document = json.loads(definition(Stack(App()), name, {item: item for item in Sentinel}, defaults=types))
    fit = document["Steps"][1]["Arguments"]
    job = fit.get("TrainingJobDefinition", fit)
    assert ("VolumeKmsKeyId" in job["ResourceConfig"]) is encrypted
    assert job["OutputDataConfig"]["KmsKeyId"] == Sentinel.KEY
    assert "VolumeKmsKeyId" in step(document, "Preprocess")["Arguments"]["ProcessingResources"]["ClusterConfig"]


def test_code_that_jobs_may_read_is_the_code_they_get(assembly: Any, flatten: Any, document: dict[str, Any]) -> None:
    archives = [*assembly.folder.glob("asset.*.zip"), *assembly.folder.glob("asset.*.tar.gz")]
    allowed = permissions(assembly, "JobsRole", flatten)["s3:GetObject"]
    code = {resource.rpartition("/")[2] for resource in allowed if "assets" in resource}
    assert {name.split(".")[0] for name in code} == {path.name.split(".")[1] for path in archives}
    text = json.dumps(document)
    assert all(name in text for name in code)


def test_pipeline_passes_one_role_to_sagemaker_only(assembly: Any, flatten: Any) -> None:
    allowed = permissions(assembly, "PipelineRole", flatten)
    assert allowed["iam:PassRole"] == {"<JobsRole.Arn>"}
    (statement,) = [item for item in assembly.training.statements("PipelineRole") if item["Action"] == "iam:PassRole"]
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    group = assembly.training.properties("AWS::SageMaker::ModelPackageGroup")["ModelPackageGroupName"]
    # of a version that has no number yet the group may be what is asked about
    assert allowed["sagemaker:CreateModelPackage"] == {f"model-package/{group}/*", f"model-package-group/{group}"}
    assert allowed["ecr:BatchGetImage"] == {"repository/sagemaker-xgboost"}  # of what it registers
    assert "s3:PutObject" not in allowed
    kinds = {"processing-job/*", "training-job/*", "hyper-parameter-tuning-job/*"}
    for action in ("CreateProcessingJob", "CreateTrainingJob", "CreateHyperParameterTuningJob"):
        assert allowed[f"sagemaker:{action}"] == kinds


def test_models_go_with_the_stack_unless_data_is_kept(default: Any, otherwise: Any, flatten: Any) -> None:
    template = default.training
    emptied = template.properties("Custom::EmptyPackageGroup")
    group = template.logical_id("AWS::SageMaker::ModelPackageGroup")
    assert emptied["ModelPackageGroupName"] == template.resources[group]["Properties"]["ModelPackageGroupName"]
    assert group in template.depends_on(template.logical_id("Custom::EmptyPackageGroup"))  # deleted before the group
    assert permissions(default, "EmptyModelsRole", flatten)["sagemaker:DeleteModelPackage"] == {
        "model-package/mlref-flights/*"
    }
    (kept,) = otherwise.training.of("AWS::SageMaker::ModelPackageGroup").values()
    assert kept["DeletionPolicy"] == "Retain"
    assert "Custom::EmptyPackageGroup" not in {item["Type"] for item in otherwise.training.resources.values()}


def test_nothing_starts_the_pipeline_unless_it_is_set(default: Any) -> None:
    kinds = {item["Type"] for item in default.training.resources.values()}
    assert not kinds & {"AWS::Scheduler::Schedule", "AWS::Events::Rule"}


def test_schedule_starts_the_pipeline(otherwise: Any, flatten: Any) -> None:
    schedule = otherwise.training.properties("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(7 days)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert flatten(schedule["Target"]["Arn"]).endswith(":pipeline/<Pipeline>")
    assert flatten(schedule["Target"]["RoleArn"]) == "<ScheduleRole.Arn>"
    assert permissions(otherwise, "ScheduleRole", flatten) == {
        "sagemaker:StartPipelineExecution": {"pipeline/<Pipeline>"}
    }


def test_curation_starts_the_pipeline(otherwise: Any, flatten: Any) -> None:
    rule = otherwise.training.properties("AWS::Events::Rule")
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.glue"]
    assert pattern["detail-type"] == ["Glue Job State Change"]
    assert pattern["detail"]["jobName"] == [otherwise.lakehouse.properties("AWS::Glue::Job")["Name"]]
    assert pattern["detail"]["state"] == ["SUCCEEDED"]
    (target,) = rule["Targets"]
    assert flatten(target["Arn"]).endswith(":pipeline/<Pipeline>")
    assert flatten(target["RoleArn"]) == "<AfterCurationRole.Arn>"
    role = otherwise.training.properties("AWS::IAM::Role", "AfterCurationRole")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
