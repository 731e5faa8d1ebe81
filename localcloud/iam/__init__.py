"""IAM: every role and service signs with credentials of its own, what they call is recorded and can be enforced."""

from localcloud.server import Engine, LocalCloud

TITLE = "IAM"
REAL = (
    "functions, Glue jobs and crawlers, SageMaker jobs, pipelines and endpoints, delivery streams, rules, schedules "
    "and alarms call with the credentials of their role, or as the service they are; a role has to trust its service",
    "every such call is recorded with its action, resources and condition keys, and the uses of KMS keys and the "
    "passed roles that it implies; `mlref iam report` tells which statement of the deployed policies allows it, and "
    "which statements nothing needed",
    "with `mlref up --enforce` (LocalCloud(enforce=True)) what the policies do not allow is refused in AWS's words: "
    "identity policies, permissions boundaries, and the policies of buckets, keys, topics, queues and functions",
)
DIFFERENT = (
    "credentials that nobody gave out are the administrator's, who may do everything and is not recorded: the person, "
    "the CLI, CloudFormation",
    "session policies, service control policies, VPC endpoint policies, grants of KMS keys and Lake Formation are not "
    "evaluated; tags of roles are condition keys, those of resources and requests are not",
    "signatures are not verified, temporary credentials do not expire",
    "not checked: sagemaker:InvokeEndpoint, what rules and topics put into dead-letter queues, event-source mappings; "
    "and what nobody does here: pulls of images, grants for volumes, metrics of machines (the stacks say so)",
)


def engine(cloud: LocalCloud) -> Engine:
    from localcloud.iam import dispatch  # noqa: F401, PLC0415 - its patches go over those of the other modules
    from localcloud.iam.recorder import IamEngine  # noqa: PLC0415

    return IamEngine(cloud)
