"""ECR repositories."""

from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by_arn


def _delete(resource: Resource) -> None:
    force = str(resource.properties.get("EmptyOnDelete", False)).lower() == "true"
    resource.call_if_present("DeleteRepository", repositoryName=resource.physical_id, force=force)


TYPES = {
    "ECR::Repository": ResourceType(
        service="ecr",
        name="RepositoryName",
        lower_case=True,
        key=lambda resource: {
            "repositoryName": resource.physical_id,
            "repositoryNames": [resource.physical_id],
        },
        create=Call(operation="CreateRepository"),
        settings=(
            Setting(
                properties=("LifecyclePolicy",),
                put="PutLifecyclePolicy",
                member="lifecyclePolicyText",
                convert=lambda policy: policy["LifecyclePolicyText"],
                remove="DeleteLifecyclePolicy",
            ),
            Setting(
                properties=("RepositoryPolicyText",),
                put="SetRepositoryPolicy",
                member="policyText",
                remove="DeleteRepositoryPolicy",
            ),
            Setting(properties=("ImageTagMutability",), put="PutImageTagMutability", on_create=False),
            Setting(properties=("ImageScanningConfiguration",), put="PutImageScanningConfiguration", on_create=False),
        ),
        used_elsewhere=("EmptyOnDelete",),
        delete=_delete,
        tags=Tagging(add="TagResource", remove="UntagResource", key=by_arn("resourceArn")),
        read="DescribeRepositories",
        attributes={
            "Arn": "repositories.0.repositoryArn",
            "RepositoryUri": "{account}.dkr.ecr.{region}.amazonaws.com/{id}",
        },
    ),
}
