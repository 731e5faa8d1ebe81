"""Through the network and by boto3: what other services pretended is refused, what needs it goes on."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud import LocalCloud

ROLE = "arn:aws:iam::123456789012:role/r"
PRETENDED: dict[str, Callable[[Any], Any]] = {
    "comprehend:DetectSentiment": lambda c: c.detect_sentiment(Text="awful", LanguageCode="en"),
    "textract:DetectDocumentText": lambda c: c.detect_document_text(Document={"Bytes": b"x"}),
    "rekognition:DetectLabels": lambda c: c.detect_labels(Image={"Bytes": b"x"}),
    "polly:SynthesizeSpeech": lambda c: c.synthesize_speech(Text="hi", OutputFormat="mp3", VoiceId="Joanna"),
    "transcribe:ListTranscriptionJobs": lambda c: c.list_transcription_jobs(),
    "translate:TranslateText": lambda c: c.translate_text(Text="a", SourceLanguageCode="en", TargetLanguageCode="de"),
    "bedrock-runtime:InvokeModel": lambda c: c.invoke_model(modelId="m", body=b"{}"),
    "lexv2-models:ListBots": lambda c: c.list_bots(),
    "personalize:ListSchemas": lambda c: c.list_schemas(),
    "forecast:ListDatasetGroups": lambda c: c.list_dataset_groups(),
    "dms:DescribeEndpoints": lambda c: c.describe_endpoints(),
    "datasync:ListTasks": lambda c: c.list_tasks(),
    "rds:DescribeDBInstances": lambda c: c.describe_db_instances(),
    "rds-data:ExecuteStatement": lambda c: c.execute_statement(resourceArn=ROLE, secretArn=ROLE, sql="select 1"),
    "redshift:CreateCluster": lambda c: c.create_cluster(ClusterIdentifier="c", NodeType="n", MasterUsername="u"),
    "redshift-data:ListStatements": lambda c: c.list_statements(),
    "redshift-serverless:ListWorkgroups": lambda c: c.list_workgroups(),
    "opensearch:CreateDomain": lambda c: c.create_domain(DomainName="aaa"),
    "es:ListDomainNames": lambda c: c.list_domain_names(),
    "timestream-query:Query": lambda c: c.query(QueryString="select 1"),
    "cloudtrail:StartLogging": lambda c: c.start_logging(Name="trail"),
    "transfer:CreateServer": lambda c: c.create_server(),
    "iot-data:Publish": lambda c: c.publish(topic="a", payload=b"x"),
    "quicksight:ListDataSets": lambda c: c.list_data_sets(AwsAccountId="123456789012"),
    "batch:SubmitJob": lambda c: c.submit_job(jobName="j", jobQueue="q", jobDefinition="d"),
    "pipes:CreatePipe": lambda c: c.create_pipe(Name="p", RoleArn=ROLE, Source="s", Target="t"),
    "emr:RunJobFlow": lambda c: c.run_job_flow(Name="n", Instances={}),
    "emr-serverless:StartJobRun": lambda c: c.start_job_run(applicationId="a", clientToken="t", executionRoleArn=ROLE),
    "ecs:CreateCluster": lambda c: c.create_cluster(),
    "ec2:RunInstances": lambda c: c.run_instances(MinCount=1, MaxCount=1),
    "ssm:SendCommand": lambda c: c.send_command(DocumentName="AWS-RunShellScript"),
    "ses:SendEmail": lambda c: c.send_email(Source="a", Destination={}, Message={"Subject": {"Data": ""}, "Body": {}}),
    "mwaa-serverless:ListWorkflows": lambda c: c.list_workflows(),
    "mwaa:ListEnvironments": lambda c: c.list_environments(),
    "sagemaker:CreateDomain": lambda c: c.create_domain(DomainName="d", AuthMode="IAM", DefaultUserSettings={}),
    "sagemaker:CreateNotebookInstance": lambda c: c.create_notebook_instance(
        NotebookInstanceName="n", InstanceType="ml.t2.medium", RoleArn=ROLE),
    "sagemaker:DescribeFeatureGroup": lambda c: c.describe_feature_group(FeatureGroupName="none"),
    "sagemaker-featurestore-runtime:GetRecord": lambda c: c.get_record(
        FeatureGroupName="f", RecordIdentifierValueAsString="1"),
    "s3:GetObjectRetention": lambda c: c.get_object_retention(Bucket="b", Key="k"),
    "s3:PutBucketReplication": lambda c: c.put_bucket_replication(
        Bucket="b", ReplicationConfiguration={"Role": ROLE, "Rules": []}),
    "s3:GetBucketAnalyticsConfiguration": lambda c: c.get_bucket_analytics_configuration(Bucket="b", Id="i"),
}  # fmt: skip


@pytest.mark.parametrize("name", PRETENDED)
def test_it_is_refused_by_name(session_cloud: LocalCloud, name: str) -> None:
    client = boto3.client(
        name.partition(":")[0], endpoint_url=session_cloud.endpoint, config=Config(retries={"total_max_attempts": 1})
    )
    with pytest.raises(ClientError) as caught:
        PRETENDED[name](client)
    error = caught.value.response
    assert error["Error"]["Code"] == "NotImplemented"
    assert error["Error"]["Message"] == (
        f"{name} is not implemented by the local cloud: run it on AWS, or replace it in your tests; "
        "docs/what-is-real-locally.md lists what works here"
    )
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 501  # which no SDK tries again


def test_a_refusal_leaves_the_connection_usable(session_cloud: LocalCloud) -> None:
    """Also when the request had a body that nobody read."""
    client = boto3.client("s3", endpoint_url=session_cloud.endpoint, config=Config(retries={"total_max_attempts": 1}))
    for _ in range(3):
        with pytest.raises(ClientError, match="NotImplemented"):
            client.write_get_object_response(RequestRoute="r", RequestToken="t", Body=b"x" * 3_000_000)
    assert "Buckets" in client.list_buckets()


def test_names_never_reach_a_path(session_cloud: LocalCloud) -> None:
    """Twelve kinds of names with which an engine makes paths, none of which may leave its folder."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)

    def client(service: str) -> Any:
        return boto3.client(service, endpoint_url=session_cloud.endpoint, config=config)

    out = "../../../../out"
    sagemaker, functions, glue = client("sagemaker"), client("lambda"), client("glue")
    calls: dict[str, Callable[[], Any]] = {
        "training job": lambda: sagemaker.create_training_job(TrainingJobName=out, RoleArn=ROLE, OutputDataConfig={}),
        "processing job": lambda: sagemaker.create_processing_job(ProcessingJobName=out),
        "transform job": lambda: sagemaker.create_transform_job(TransformJobName=out),
        "tuning job": lambda: sagemaker.create_hyper_parameter_tuning_job(HyperParameterTuningJobName=out),
        "model": lambda: sagemaker.create_model(ModelName=out),
        "endpoint": lambda: sagemaker.create_endpoint(EndpointName=out, EndpointConfigName="c"),
        "endpoint configuration": lambda: sagemaker.create_endpoint_config(EndpointConfigName=out),
        "pipeline": lambda: sagemaker.create_pipeline(PipelineName=out, RoleArn=ROLE),
        "schedule": lambda: sagemaker.create_monitoring_schedule(MonitoringScheduleName=out),
        "function": lambda: functions.create_function(FunctionName=out, Role=ROLE, Code={"ZipFile": b""}),
        "layer": lambda: functions.publish_layer_version(LayerName=out, Content={"ZipFile": b""}),
        "stream": lambda: client("firehose").create_delivery_stream(DeliveryStreamName=out),
    }
    for kind, call in calls.items():
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] in ("ValidationException", "UnknownOperationException"), kind
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_job(JobName=out)  # Glue's names may have anything in them, and are looked up
