"""Where the services do not keep to botocore's models, each with what shows it."""

from typing import NamedTuple

# service → shape, or Structure.Member for a member that is not required after all → traits that are not checked
NOT_ENFORCED: dict[str, dict[str, tuple[str, ...]]] = {
    # moto's AWS-verified tests test_create_fleet_dryrun and test_delete_fleet: "terminate" and "lowestPrice" are taken
    "ec2": {
        "FleetExcessCapacityTerminationPolicy": ("enum",),
        "FleetOnDemandAllocationStrategy": ("enum",),
        "SpotAllocationStrategy": ("enum",),
    },
    # test_create_bucket_with_wrong_location_constraint and test_bucket_create_force_us_east_1, AWS-verified too: a
    # region that there is not has codes of its own
    "s3": {"BucketLocationConstraint": ("enum",)},
}


def enforced(service: str, shape: str, trait: str) -> bool:
    """Whether the service keeps to a trait of its model."""
    return trait not in NOT_ENFORCED.get(service, {}).get(shape, ())


class Refused(NamedTuple):
    """S3's error for a value that it does not know, in a header or query string."""

    code: str
    message: str


_UNSUPPORTED = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "

# Of S3's headers and query strings those whose unknown values it refuses; others it ignores or moto knows. The first
# four as snapshots of localstack have them: test_s3_bucket_acl_exceptions, test_post_object_with_storage_class,
# test_s3_object_lock_mode_validation, test_multipart_parts_checksum_exceptions_composite
S3_VALUES = {
    "x-amz-acl": Refused("InvalidArgument", ""),
    "x-amz-storage-class": Refused("InvalidStorageClass", "The storage class you specified is not valid"),
    "x-amz-object-lock-mode": Refused("InvalidArgument", "Unknown wormMode directive."),
    "x-amz-checksum-algorithm": Refused("InvalidRequest", f"{_UNSUPPORTED}[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"),
    "x-amz-metadata-directive": Refused("InvalidArgument", "Unknown metadata directive."),
    "x-amz-tagging-directive": Refused("InvalidArgument", "Unknown tagging directive."),
    "x-amz-object-lock-legal-hold": Refused("InvalidArgument", "Legal Hold must be either of 'ON' or 'OFF'"),
    "x-amz-object-ownership": Refused("InvalidArgument", "Invalid x-amz-object-ownership header"),
    "encoding-type": Refused("InvalidArgument", "Invalid Encoding Method specified in Request"),
}

# service → shape → values that the service takes beside those of its model
ALSO_ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl: for buckets one more is
    # taken and three are ignored
    "s3": {
        "BucketCannedACL": ("log-delivery-write", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control")
    },
}


def also_allowed(service: str, shape: str) -> tuple[str, ...]:
    """Values of an enumeration beyond the model's."""
    return ALSO_ALLOWED.get(service, {}).get(shape, ())


# service → structure → members without which nothing can be done, though the model does not require them
ALSO_REQUIRED: dict[str, dict[str, tuple[str, ...]]] = {
    "athena": {"Tag": ("Key",)},
    # the two are alternatives of members that are not done here (GlobalTableSourceArn, OpenTableFormatInput)
    "dynamodb": {"CreateTableInput": ("AttributeDefinitions", "KeySchema")},
    "glue": {"CreateTableRequest": ("TableInput",), "UpdateTableRequest": ("TableInput",)},
    "sagemaker": {
        "CreateTrainingJobRequest": ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"),
        "ListPipelineExecutionStepsRequest": ("PipelineExecutionArn",),
        "ProcessingClusterConfig": ("InstanceCount", "InstanceType"),
    },
    "secretsmanager": {"ReplicaRegionType": ("Region",), "Tag": ("Key",)},
    "stepfunctions": {"Tag": ("key",)},
}


def also_required(service: str, structure: str) -> tuple[str, ...]:
    """Members that the service requires beyond its model."""
    return ALSO_REQUIRED.get(service, {}).get(structure, ())
