"""Where the services do not keep to botocore's models, each with what shows it."""

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
