"""What moto lacks in services that have no engine of their own here. Importing it registers the patches."""

from localcloud.moto_gaps import (  # noqa: F401
    absent,
    batch,
    budgets,
    cloudtrail,
    dynamodb,
    dynamodb_export,
    dynamodb_numbers,
    dynamodb_requests,
    dynamodb_speed,
    dynamodb_streams,
    dynamodb_ttl,
    ec2,
    event_invoke,
    iam,
    kms,
    logs,
    logs_filters,
    module_names,
    s3,
    s3_encryption,
    s3_logs,
    sagemaker,
    sns,
    sqs,
)

TITLE = "S3, IAM, KMS, CloudWatch Logs and other services without an engine"
REAL = (
    "what moto does, which for these services is most of what their control planes and S3's objects do",
    "bucket policies with their conditions: an upload with the wrong encryption header is denied; a condition that "
    "cannot be evaluated is refused when the policy is put",
    "the key that an object is encrypted with: the request's, else the bucket's; for aws:kms without a key id that of "
    "the account, aws/s3, as S3 does; a key that is missing, disabled or about to be deleted refuses the upload",
)
DIFFERENT = (
    "HTTP on this machine counts as TLS; identity and key policies are enforced where the cloud enforces: see IAM",
    "a bucket's CORS configuration is kept, and no web page is let in by it",
    "access logs are delivered once in an hour of the cloud's time; lifecycle rules and Intelligent-Tiering move "
    "nothing; encryption is recorded, bytes are not encrypted",
    "budgets do nothing",
    "filter patterns of logs in JSON, columns and regular expressions are refused; a metric filter's default value is "
    "reported for each call without a match",
    "DynamoDB deletes expired items within a minute of the cloud's time",
    "DynamoDB exports are full ones in DynamoDB JSON, in one file, of the table as it is; a table is restored as it is",
    "clients of S3 Control put the account before the endpoint's name: where 123456789012.localhost is not known, they "
    "do not find it",
    "SNS sends nothing to phones, and Batch keeps environments on Fargate only",
)
