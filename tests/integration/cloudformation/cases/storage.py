"""S3, KMS, DynamoDB, ECR, SSM, IAM, Budgets."""

from typing import Any

from localcloud import LocalCloud
from tests.integration.cloudformation.case import Case

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::subject/*"}],
}
OTHER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::subject"}],
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "needed-role", "AssumeRolePolicyDocument": TRUST}}
KEY = {"Type": "AWS::KMS::Key", "Properties": {"Description": "needed"}}


def _bucket(cloud: LocalCloud, name: str) -> list[Any]:
    s3 = cloud.client("s3")
    readers = (
        "get_bucket_encryption", "get_bucket_versioning", "get_bucket_lifecycle_configuration",
        "get_public_access_block", "get_bucket_ownership_controls", "get_bucket_logging", "get_bucket_tagging",
        "get_bucket_notification_configuration", "list_bucket_intelligent_tiering_configurations", "get_bucket_cors",
    )  # fmt: skip
    answers: list[Any] = [{"BucketName": name}, s3.head_bucket(Bucket=name)]
    for reader in readers:
        try:
            answers.append(getattr(s3, reader)(Bucket=name))
        except s3.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            if not code.startswith("NoSuch") and "NotFound" not in code:
                raise
    notifications = answers[-3] if "EventBridgeConfiguration" in answers[-3] else {}
    return [*answers, {"EventBridgeEnabled": True} if notifications else {}]


def _table(cloud: LocalCloud, ref: str) -> list[Any]:
    dynamodb = cloud.client("dynamodb")
    table = dynamodb.describe_table(TableName=ref)["Table"]
    recovery = dynamodb.describe_continuous_backups(TableName=ref)["ContinuousBackupsDescription"]
    status = recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    expiry = dynamodb.describe_time_to_live(TableName=ref)["TimeToLiveDescription"]
    return [
        table,
        {"SSEEnabled": table.get("SSEDescription", {}).get("Status") == "ENABLED"},
        {"PointInTimeRecoveryEnabled": status == "ENABLED"},
        {"Enabled": True, **expiry} if expiry["TimeToLiveStatus"] == "ENABLED" else {},
        dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"]),
    ]


LOG_BUCKET = {
    "Type": "AWS::S3::Bucket",
    "Properties": {"BucketName": "needed-logs"},
}
BUCKET = Case(
    type="AWS::S3::Bucket",
    needs={"Logs": LOG_BUCKET},
    properties={
        "BucketName": "subject",
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "BucketKeyEnabled": True,
                    "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/aws/s3"},
                }
            ]
        },
        "CorsConfiguration": {
            "CorsRules": [
                {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"], "MaxAge": 77, "Id": "cors"}
            ]
        },
        "IntelligentTieringConfigurations": [
            {
                "Id": "old",
                "Status": "Enabled",
                "Prefix": "tiered/",
                "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": 98}],
            }
        ],
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "raw",
                    "Status": "Enabled",
                    "Prefix": "raw/",
                    "ExpirationInDays": 365,
                    "Transitions": [{"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 31}],
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 61},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 6},
                }
            ]
        },
        "LoggingConfiguration": {"DestinationBucketName": {"Ref": "Logs"}, "LogFilePrefix": "subject/"},
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "Tags": [{"Key": "team", "Value": "data"}],
        "VersioningConfiguration": {"Status": "Enabled"},
    },
    changed={
        "BucketName": "subject",
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "raw",
                    "Status": "Disabled",
                    "ExpirationInDays": 400,
                    "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "TransitionInDays": 91}],
                }
            ]
        },
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": False},
        "Tags": [{"Key": "team", "Value": "ml"}, {"Key": "stage", "Value": "test"}],
        "VersioningConfiguration": {"Status": "Suspended"},
    },
    read=_bucket,
    ref="subject",
    attributes={
        "Arn": "arn:aws:s3:::subject",
        "DomainName": "subject.s3.amazonaws.com",
        "RegionalDomainName": "subject.s3.us-east-1.amazonaws.com",
    },
)
CASES = [
    BUCKET,
    Case(
        type="AWS::S3::BucketPolicy",
        needs={"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "subject"}}},
        properties={
            "Bucket": {"Ref": "Bucket"},
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "TlsOnly",
                        "Effect": "Deny",
                        "Principal": {"AWS": "*"},
                        "Action": "s3:*",
                        "Resource": "arn:aws:s3:::subject/*",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            },
        },
        changed={
            "Bucket": {"Ref": "Bucket"},
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "Logs",
                        "Effect": "Allow",
                        "Principal": {"Service": "logging.s3.amazonaws.com"},
                        "Action": "s3:PutObject",
                        "Resource": "arn:aws:s3:::subject/*",
                        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
                    }
                ],
            },
        },
        read=lambda cloud, ref: [{"Bucket": ref}, cloud.client("s3").get_bucket_policy(Bucket=ref)],
        ref="subject",
    ),
    Case(
        type="AWS::KMS::Key",
        properties={
            "Description": "first",
            "EnableKeyRotation": True,
            "RotationPeriodInDays": 181,
            "KeyPolicy": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
            },
            "PendingWindowInDays": 7,
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "Description": "second",
            "Enabled": False,
            "KeyPolicy": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}],
            },
            "PendingWindowInDays": 7,
            "Tags": [{"Key": "stage", "Value": "test"}],
        },
        read=lambda cloud, ref: [
            {
                "EnableKeyRotation": (rotation := cloud.client("kms").get_key_rotation_status(KeyId=ref))[
                    "KeyRotationEnabled"
                ]
            },
            rotation if rotation["KeyRotationEnabled"] else {},
            cloud.client("kms").describe_key(KeyId=ref),
            cloud.client("kms").get_key_policy(KeyId=ref, PolicyName="default"),
            cloud.client("kms").list_resource_tags(KeyId=ref),
        ],
        unreadable=("PendingWindowInDays",),
        ref="????????-????-????-????-????????????",
        attributes={"Arn": "arn:aws:kms:us-east-1:123456789012:key/*", "KeyId": "*-*"},
    ),
    Case(
        type="AWS::KMS::Alias",
        needs={"Key": KEY, "Other": KEY},
        properties={"AliasName": "alias/subject", "TargetKeyId": {"Ref": "Key"}},
        changed={"AliasName": "alias/subject", "TargetKeyId": {"Ref": "Other"}},
        read=lambda cloud, ref: [cloud.client("kms").list_aliases(), cloud.client("kms").describe_key(KeyId=ref)],
        ref="alias/subject",
    ),
    Case(
        type="AWS::DynamoDB::Table",
        properties={
            "TableName": "subject",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "TableName": "subject",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": False,
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=_table,
        ref="subject",
        attributes={"Arn": "arn:aws:dynamodb:us-east-1:*:table/subject", "StreamArn": "arn:*/stream/*"},
    ),
    Case(
        type="AWS::ECR::Repository",
        properties={
            "RepositoryName": "subject",
            "EmptyOnDelete": True,
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "ImageTagMutability": "IMMUTABLE",
            "LifecyclePolicy": {
                "LifecyclePolicyText": (
                    '{"rules": [{"rulePriority": 17, "selection": {"tagStatus": "untagged", "countType": '
                    '"imageCountMoreThan", "countNumber": 5}, "action": {"type": "expire"}}]}'
                )
            },
            "RepositoryPolicyText": {
                "Version": "2012-10-17",
                "Statement": [{"Sid": "Pull", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]}],
            },
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "RepositoryName": "subject",
            "EmptyOnDelete": True,
            "ImageTagMutability": "MUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": False},
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=lambda cloud, ref: [
            cloud.client("ecr").describe_repositories(repositoryNames=[ref]),
            cloud.client("ecr").list_tags_for_resource(
                resourceArn="arn:aws:ecr:us-east-1:123456789012:repository/subject"
            ),
            *_present(cloud, "ecr", "get_lifecycle_policy", repositoryName=ref),
            *_present(cloud, "ecr", "get_repository_policy", repositoryName=ref),
        ],
        unreadable=("EmptyOnDelete",),
        ref="subject",
        attributes={"Arn": "arn:aws:ecr:*:repository/subject", "RepositoryUri": "123456789012.dkr.ecr.*/subject"},
    ),
    Case(
        type="AWS::SSM::Parameter",
        properties={
            "Name": "/subject",
            "Type": "String",
            "Value": "one",
            "Description": "first",
            "Tags": {"team": "data"},
        },
        changed={"Name": "/subject", "Type": "String", "Value": "two", "Tags": {"team": "ml"}},
        read=lambda cloud, ref: [
            cloud.client("ssm").get_parameter(Name=ref),
            cloud.client("ssm").describe_parameters(),
            cloud.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=ref),
        ],
        ref="/subject",
        attributes={"Type": "String", "Value": "one"},
    ),
    Case(
        type="AWS::IAM::Role",
        properties={
            "RoleName": "subject",
            "Path": "/project/",
            "Description": "first",
            "MaxSessionDuration": 7200,
            "AssumeRolePolicyDocument": TRUST,
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"],
            "Policies": [{"PolicyName": "inline", "PolicyDocument": POLICY}],
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "RoleName": "subject",
            "Path": "/project/",
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            },
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "Policies": [{"PolicyName": "other", "PolicyDocument": OTHER_POLICY}],
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=lambda cloud, ref: [
            cloud.client("iam").get_role(RoleName=ref),
            {
                "ManagedPolicyArns": [
                    item["PolicyArn"]
                    for item in cloud.client("iam").list_attached_role_policies(RoleName=ref)["AttachedPolicies"]
                ]
            },
            *(
                cloud.client("iam").get_role_policy(RoleName=ref, PolicyName=name)
                for name in cloud.client("iam").list_role_policies(RoleName=ref)["PolicyNames"]
            ),
        ],
        ref="subject",
        attributes={"Arn": "arn:aws:iam::123456789012:role/project/subject", "RoleId": "*"},
    ),
    Case(
        type="AWS::IAM::Policy",
        needs={"Role": ROLE},
        properties={"PolicyName": "subject", "PolicyDocument": POLICY, "Roles": [{"Ref": "Role"}]},
        changed={"PolicyName": "renamed", "PolicyDocument": OTHER_POLICY, "Roles": [{"Ref": "Role"}]},
        read=lambda cloud, _: [
            {"Roles": ["needed-role"]},
            *(
                cloud.client("iam").get_role_policy(RoleName="needed-role", PolicyName=name)
                for name in cloud.client("iam").list_role_policies(RoleName="needed-role")["PolicyNames"]
            ),
        ],
        ref="stack-Subject-*",
    ),
    Case(
        type="AWS::IAM::ManagedPolicy",
        needs={"Role": ROLE},
        properties={
            "ManagedPolicyName": "subject",
            "Description": "reads",
            "Path": "/project/",
            "PolicyDocument": POLICY,
            "Roles": [{"Ref": "Role"}],
        },
        changed={
            "ManagedPolicyName": "subject",
            "Description": "reads",
            "Path": "/project/",
            "PolicyDocument": OTHER_POLICY,
        },
        read=lambda cloud, ref: [
            (policy := cloud.client("iam").get_policy(PolicyArn=ref)),
            {"ManagedPolicyName": policy["Policy"]["PolicyName"]},
            cloud.client("iam").get_policy_version(PolicyArn=ref, VersionId=policy["Policy"]["DefaultVersionId"]),
            {"Attached": cloud.client("iam").list_entities_for_policy(PolicyArn=ref)["PolicyRoles"]},
        ],
        ref="arn:aws:iam::123456789012:policy/project/subject",
        attributes={"PolicyArn": "arn:aws:iam::*"},
    ),
    Case(
        type="AWS::Budgets::Budget",
        properties={
            "Budget": {
                "BudgetName": "subject",
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": 17, "Unit": "USD"},
            },
            "NotificationsWithSubscribers": [
                {
                    "Notification": {
                        "NotificationType": "ACTUAL",
                        "ComparisonOperator": "GREATER_THAN",
                        "Threshold": 83,
                        "ThresholdType": "PERCENTAGE",
                    },
                    "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "a@example.com"}],
                }
            ],
        },
        changed=None,
        read=lambda cloud, ref: [
            cloud.client("budgets").describe_budget(AccountId="123456789012", BudgetName=ref),
            cloud.client("budgets").describe_notifications_for_budget(AccountId="123456789012", BudgetName=ref),
        ],
        unreadable=("SubscriptionType", "Address"),  # moto has no DescribeSubscribersForNotification
        ref="subject",
    ),
    Case(
        type="AWS::Budgets::Budget",
        properties={
            "Budget": {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 17, "Unit": "USD"}},
        },
        changed={
            "Budget": {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 18, "Unit": "USD"}},
        },
        read=lambda cloud, ref: [
            cloud.client("budgets").describe_budget(AccountId="123456789012", BudgetName=ref),
        ],
        ref="stack-Subject-*",
    ),
]


def _present(cloud: LocalCloud, service: str, operation: str, **arguments: str) -> list[Any]:
    client = cloud.client(service)
    try:
        return [getattr(client, operation)(**arguments)]
    except client.exceptions.ClientError:
        return []
