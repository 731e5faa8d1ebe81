"""What moto lacks in services that have no engine of their own here. Importing it registers the patches."""

from localcloud.moto_gaps import budgets, cloudtrail, dynamodb, event_invoke, iam, kms, logs, s3, s3_logs  # noqa: F401
