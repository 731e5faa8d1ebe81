"""Data that is not there: training and transform jobs are refused at once, where processing jobs fail when they begin.

Wording: aws/amazon-sagemaker-examples#2267 (CreateTrainingJob), #2270 (CreateTransformJob).
"""

from typing import Any

from botocore.exceptions import ClientError
from moto.sagemaker.exceptions import ValidationError

from localcloud.cloud import current
from localcloud.sagemaker.s3_data import parse


def check(source: dict[str, Any], region: str, role: str) -> None:
    """Raises ValidationError when the S3DataSource is a prefix without objects; access is the job's matter."""
    uri = source["S3Uri"]
    if source["S3DataType"] != "S3Prefix" or not uri.startswith("s3://"):
        return
    bucket, prefix = parse(uri)
    try:
        s3 = current().engine_client("s3", region)
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"]
    except ClientError:
        found = 0
    if not found:
        raise ValidationError(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            f"exists in the selected region ({region}), that objects exist under that S3 prefix, and that the role "
            f'"{role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
        )
