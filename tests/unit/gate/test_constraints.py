"""What is wrong with a request, in AWS's words.

Where a row says so, the sentence is one that AWS gave: AWS-validated snapshots of localstack/localstack
(tests/aws/services/SERVICE/*.snapshot.json) or an issue.
"""

from typing import Any

import pytest

from localcloud.gate.constraints import WrongTypeError, violations
from localcloud.gate.services import model
from localcloud.gate.wording import Refusal, invalid

ROLE = "arn:aws:iam::123456789012:role/some-role"
MODEL = {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i"}}
TRAINING: dict[str, Any] = {
    "TrainingJobName": "j",
    "RoleArn": ROLE,
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/path"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
FUNCTION = {"FunctionName": "f", "Role": ROLE, "Code": {}, "Runtime": "python3.13", "Handler": "m.h"}
ENUM = "Member must satisfy enum value set: "
PATTERN = "Member must satisfy regular expression pattern: "


def channel(name: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/k"}}}


def at(path: str, value: str, constraint: str) -> str:
    """One violation in AWS's words."""
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


def more(bound: float) -> str:
    return f"Member must have value greater than or equal to {bound}"


def less(bound: float) -> str:
    return f"Member must have value less than or equal to {bound}"


def longer(bound: int) -> str:
    return f"Member must have length greater than or equal to {bound}"


def shorter(bound: int) -> str:
    return f"Member must have length less than or equal to {bound}"


NULL = "Member must not be null"
TWO_ERRORS = "This should fail with two errors 123467890123412341234123412341234"
WEIGHTS = "routingConfig.additionalVersionWeights"


def weights(**given: float) -> dict[str, Any]:
    return {"FunctionName": "f", "Name": "a", "RoutingConfig": {"AdditionalVersionWeights": given}}


def said(code: str, *clauses: str) -> tuple[str, str]:
    return code, "; ".join(clauses)


RIGHT: list[tuple[str, str, dict[str, Any]]] = [
    *(("s3", "PutBucketAcl", {"ACL": acl}) for acl in ("private", "public-read", "log-delivery-write")),
    ("s3", "PutObject", {"ACL": "bucket-owner-full-control", "StorageClass": "GLACIER_IR", "RequestPayer": "x"}),
    ("sagemaker", "CreateModel", MODEL),
    ("sagemaker", "CreateTrainingJob", TRAINING),
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "InputDataConfig": [channel("train")]}),
    ("kms", "Encrypt", {"KeyId": "k", "Plaintext": "A" * 5460 + "AA=="}),  # 4,096 bytes
    ("dynamodb", "PutItem", {"TableName": "t", "Item": {"k": {"S": "a"}, "m": {"M": {"l": {"L": [{"N": "1"}]}}}}}),
    ("lambda", "GetFunction", {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST"}),
    (
        "ssm",
        "PutParameter",
        {"Name": "/a/b", "Value": "v", "Type": "String", "Tags": [{"Key": "straße", "Value": "x"}]},
    ),
]

V, E = "ValidationException", "ValidationError"
WRONG: list[tuple[str, str, dict[str, Any], tuple[str, str]]] = [
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "TrainingJobName": "health_care"},
     said(V, at("trainingJobName", "'health_care'", PATTERN + "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"))),
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "InputDataConfig": [channel("ok"), channel("my train")]},
     said(V, at("inputDataConfig.2.member.channelName", "'my train'", PATTERN + r"[A-Za-z0-9\.\-_]+"))),
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "InputDataConfig": []},
     said(V, at("inputDataConfig", "'[]'", longer(1)))),
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "StoppingCondition": {"MaxRuntimeInSeconds": 0}},
     said(V, at("stoppingCondition.maxRuntimeInSeconds", "'0'", more(1)))),
    ("sagemaker", "CreateTrainingJob", {name: value for name, value in TRAINING.items() if name != "RoleArn"},
     said(V, at("roleArn", "null", NULL))),
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "OutputDataConfig": {"S3OutputPath": "/no/bucket"}},
     said(V, at("outputDataConfig.s3OutputPath", "'/no/bucket'", PATTERN + "(https|s3)://([^/]+)/?(.*)"))),
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "HyperParameters": {"k" * 257: "v"}},
     said(V, at("hyperParameters", f"'{{{'k' * 257}=v}}'",
                f"Map keys must satisfy constraint: [{shorter(256)}, {longer(0)}, {PATTERN}.*]"))),
    ("sagemaker", "CreateTransformJob", {},
     said(V, *(at(f"{name}", "null", NULL) for name in
               ("transformJobName", "modelName", "transformInput", "transformOutput", "transformResources")))),
    # snapshots of lambda
    ("lambda", "CreateFunction", {**FUNCTION, "Role": "r1"},
     said(V, at("role", "'r1'", PATTERN + r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"))),
    ("lambda", "CreateFunction", {**FUNCTION, "Architectures": ["x86_64", "arm64"]},
     said(V, at("architectures", "'[x86_64, arm64]'", shorter(1)))),
    ("lambda", "UpdateAlias", weights(**{"2": 2.0}),
     said(V, at(WEIGHTS, "'{2=2.0}'", f"Map value must satisfy constraint: [{less(1.0)}, {more(0.0)}]"))),
    ("lambda", "UpdateAlias", weights(**{"$LATEST": 0.5}),
     said(V, at(WEIGHTS, "'{$LATEST=0.5}'",
                f"Map keys must satisfy constraint: [{shorter(1024)}, {longer(1)}, {PATTERN}[0-9]+]"))),
    ("lambda", "CreateFunction", {**FUNCTION, "SnapStart": {"ApplyOn": "invalidOption"}},
     said(V, at("snapStart.applyOn", "'invalidOption'", ENUM + "[PublishedVersions, None]"))),
    ("lambda", "GetFunction", {"FunctionName": "a/../b"}, said(V, at("functionName", "'a/../b'", PATTERN))),
    # snapshots of kms
    ("kms", "GenerateRandom", {"NumberOfBytes": 0}, said(V, at("numberOfBytes", "'0'", more(1)))),
    ("kms", "GenerateRandom", {"NumberOfBytes": 1025}, said(V, at("numberOfBytes", "'1025'", less(1024)))),
    ("kms", "Encrypt", {"KeyId": "k", "Plaintext": "A" * 5464},
     said(V, "Value at 'plaintext' failed to satisfy constraint: " + shorter(4096))),
    ("kms", "CreateKey", {"Tags": [{"TagKey": "k", "TagValue": "v" * 257}]},
     said(V, at("tags.1.member.tagValue", f"'{'v' * 257}'", shorter(256)))),
    ("kms", "GenerateMac", {"KeyId": "k", "Message": "AA==", "MacAlgorithm": "INVALID"},
     said(V, at("macAlgorithm", "'INVALID'", ENUM + "["))),
    # snapshots of events, stepfunctions and dynamodb
    ("events", "PutTargets", {"Rule": "r", "Targets": [{"Id": "!@#$@!#$", "Arn": "arn:aws:sqs:::q"}]},
     said(V, at("targets.1.member.id", "'!@#$@!#$'", PATTERN + r"[\.\-_A-Za-z0-9]+"))),
    ("events", "CreateConnection", {"Name": TWO_ERRORS, "AuthorizationType": "INVALID", "AuthParameters": {}},
     said(V, at("name", f"'{TWO_ERRORS}'", PATTERN + r"[\.\-_A-Za-z0-9]+"), at("name", f"'{TWO_ERRORS}'", shorter(64)),
          at("authorizationType", "'INVALID'", ENUM + "[BASIC, "))),
    ("stepfunctions", "ListStateMachines", {"maxResults": 1001}, said(V, at("maxResults", "'1001'", less(1000)))),
    ("stepfunctions", "ListStateMachines", {"nextToken": "t" * 1025},
     said(V, at("nextToken", f"'{'t' * 1024}'", shorter(1024)))),
    ("stepfunctions", "ListExecutions", {"statusFilter": "succeeded"},
     said(V, at("statusFilter", "'succeeded'", ENUM + "["))),
    ("dynamodb", "ExecuteStatement", {"Statement": "s", "Parameters": []},
     said(V, at("parameters", "'[]'", longer(1)))),
    # codes of the services' own, by the snapshots and issues that localcloud/gate/wording.py names
    ("logs", "FilterLogEvents", {"logGroupName": "g", "limit": 10001},
     said("InvalidParameterException", at("limit", "'10001'", less(10000)))),
    ("athena", "StartQueryExecution", {"QueryString": ""},
     said("InvalidRequestException", at("queryString", "''", longer(1)))),
    ("firehose", "PutRecord", {"DeliveryStreamName": "a b", "Record": {"Data": ""}},
     said(V, at("deliveryStreamName", "'a b'", PATTERN + "[a-zA-Z0-9_.-]+"))),
    ("glue", "GetJob", {"JobName": ""}, said(V, at("jobName", "''", longer(1)))),
    ("cloudwatch", "SetAlarmState", {"AlarmName": "a", "StateValue": "INVALID", "StateReason": "r"},
     said(E, at("stateValue", "'INVALID'", ENUM + "["))),
    ("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "Session1:2"},
     said(E, at("roleSessionName", "'Session1:2'", PATTERN + r"[\w+=,.@-]*"))),
    ("cloudformation", "CreateChangeSet", {"StackName": "*@da591fa3_$", "ChangeSetName": "c"},
     said(E, at("stackName", "'*@da591fa3_$'", PATTERN))),
    ("iam", "CreateRole", {"RoleName": "a b", "AssumeRolePolicyDocument": "{}"},
     said(E, at("roleName", "'a b'", PATTERN + r"[\w+=,.@-]+"))),
    ("sns", "SetEndpointAttributes", {"EndpointArn": "e"}, said(E, at("attributes", "null", NULL))),
    ("sns", "Publish", {"Message": "m", "MessageAttributes": {"attr1": {"StringValue": "x"}}},
     said(E, at("messageAttributes.attr1.member.dataType", "null", NULL))),
    ("sns", "PublishBatch",
     {"TopicArn": "t", "PublishBatchRequestEntries": [{"Id": "1", "Message": "m", "MessageAttributes": {"attr1": {}}}]},
     said(E, at("publishBatchRequestEntries.1.member.messageAttributes.attr1.member.dataType", "null", NULL))),
    ("kinesis", "PutRecords", {"StreamName": "s", "Records": []}, said(V, at("records", "'[]'", longer(1)))),
    ("secretsmanager", "CreateSecret", {"Name": ""}, said(V, at("name", "''", longer(1)))),
    ("scheduler", "DeleteSchedule", {"Name": "a b"}, said(V, at("name", "'a b'", PATTERN + "[0-9a-zA-Z-_.]+"))),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "parameters"), RIGHT)
def test_a_request_that_its_model_allows(service: str, operation: str, parameters: dict[str, Any]) -> None:
    assert violations(service, operation, parameters) == []


@pytest.mark.parametrize(("service", "operation", "parameters", "told"), WRONG)
def test_a_request_that_its_model_forbids(
    service: str, operation: str, parameters: dict[str, Any], told: tuple[str, str]
) -> None:
    found = violations(service, operation, parameters)
    refusal = invalid(service, model(service).operation_model(operation).input_shape, found)
    code, sentence = told
    count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
    assert (refusal.code, refusal.status, bool(found)) == (code, 400, True)
    assert refusal.message.startswith(count + sentence), refusal.message


OWN_WORDS: list[tuple[str, str, dict[str, Any], Refusal]] = [
    # snapshots of sqs and sns
    ("sqs", "SendMessage", {"QueueUrl": "u"},
     Refusal("MissingParameter", "The request must contain the parameter MessageBody.")),
    ("sns", "Unsubscribe", {},
     Refusal("InvalidParameter", "Invalid parameter: SubscriptionArn Reason: no value for required parameter")),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    ("ec2", "CreateSubnet", {"CidrBlock": "10.0.0.0/24"},
     Refusal("MissingParameter", "The request must contain the parameter vpcId")),
    ("ec2", "CreateVpcEndpoint", {"VpcId": "v", "ServiceName": "s", "VpcEndpointType": "X"},
     Refusal("InvalidParameterValue", "Value (X) for parameter vpcEndpointType is invalid.")),
    ("ecr", "CreateRepository", {"repositoryName": "a"},
     Refusal("InvalidParameterException", "Invalid parameter at 'repositoryName' failed to satisfy constraint: "
             "'must have length greater than or equal to 2'")),
    ("s3", "PutBucketTagging", {"Bucket": "b", "Tagging": {"TagSet": [{"Key": "k"}]}},
     Refusal("MalformedXML",
             "The XML you provided was not well-formed or did not validate against our published schema")),
    ("s3", "PutBucketCors", {"Bucket": "b", "CORSConfiguration": {}},
     Refusal("MalformedXML",
             "The XML you provided was not well-formed or did not validate against our published schema")),
    # snapshots of s3: values of headers
    ("s3", "PutObjectAcl", {"ACL": "fake-acl"}, Refusal("InvalidArgument", "")),
    ("s3", "PutObject", {"StorageClass": "FakeClass"},
     Refusal("InvalidStorageClass", "The storage class you specified is not valid")),
    ("s3", "PutObject", {"ObjectLockMode": "BAD-VALUE"}, Refusal("InvalidArgument", "Unknown wormMode directive.")),
    ("s3", "CreateMultipartUpload", {"ChecksumAlgorithm": "MD4"},
     Refusal("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid "
             "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")),
    ("s3", "CopyObject", {"MetadataDirective": "MOVE"}, Refusal("InvalidArgument", "Unknown metadata directive.")),
    ("s3", "ListObjectsV2", {"EncodingType": "xml"},
     Refusal("InvalidArgument", "Invalid Encoding Method specified in Request")),
    ("s3", "PutBucketVersioning", {"Bucket": "b", "VersioningConfiguration": {"Status": "On"}},
     Refusal("MalformedXML",
             "The XML you provided was not well-formed or did not validate against our published schema")),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "parameters", "refusal"), OWN_WORDS)
def test_services_with_words_of_their_own(
    service: str, operation: str, parameters: dict[str, Any], refusal: Refusal
) -> None:
    found = violations(service, operation, parameters)
    assert invalid(service, model(service).operation_model(operation).input_shape, found) == refusal


WRONG_TYPES: list[tuple[str, str, dict[str, Any], str]] = [
    ("sagemaker", "CreateModel", {**MODEL, "ModelName": 1}, "modelName must be a string"),
    ("sagemaker", "CreateModel", {**MODEL, "Containers": {}}, "containers must be a list"),
    ("sagemaker", "CreateModel", {**MODEL, "PrimaryContainer": []}, "primaryContainer must be a structure"),
    ("sagemaker", "CreateModel", {**MODEL, "EnableNetworkIsolation": "yes"},
     "enableNetworkIsolation must be true or false"),
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "StoppingCondition": {"MaxRuntimeInSeconds": "60"}},
     "stoppingCondition.maxRuntimeInSeconds must be a number"),
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "StoppingCondition": {"MaxRuntimeInSeconds": True}},
     "stoppingCondition.maxRuntimeInSeconds must be a number"),
    ("sagemaker", "CreateTrainingJob", {**TRAINING, "HyperParameters": []}, "hyperParameters must be a map"),
    ("sagemaker", "ListModels", {"CreationTimeAfter": "yesterday-ish"}, "creationTimeAfter must be a timestamp"),
    ("dynamodb", "PutItem", {"TableName": "t", "Item": {"k": {"N": 1}}}, "item.k.member.n must be a string"),
    ("kinesis", "PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": 1}, "data must be base64"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "parameters", "sentence"), WRONG_TYPES)
def test_a_member_of_another_type(service: str, operation: str, parameters: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WrongTypeError) as caught:
        violations(service, operation, parameters)
    assert caught.value.args[0] == sentence


def test_what_a_model_does_not_know_and_what_is_null_is_ignored() -> None:
    assert violations("sagemaker", "CreateModel", {**MODEL, "Unknown": 1, "VpcConfig": None}) == []


def test_a_missing_element_is_null() -> None:
    (found,) = violations("sagemaker", "CreateModel", {**MODEL, "Tags": [None]})
    assert (found.path, found.trait) == ("tags.1.member", "required")


def test_a_long_value_is_cut_in_the_sentence() -> None:
    found = violations("sagemaker", "CreateModel", {**MODEL, "ModelName": "_" * 100_000})
    assert len(invalid("sagemaker", None, found).message) < 10_000
