"""IAM: every role and service signs with credentials of its own, what they call is recorded and can be enforced."""

from localcloud.cloud import Cloud, Engine

TITLE = "IAM"
REAL = (
    "functions, Glue jobs and crawlers, SageMaker jobs, pipelines and endpoints, delivery streams, rules, schedules "
    "and alarms call with the credentials of their role, or as the service they are; a role has to trust its service",
    "every such call, and those of IAM users, are recorded with action, resources and condition keys, and the uses of "
    "KMS keys and the passed roles that they imply; `mlref iam report` tells which statement of the deployed policies "
    "allows it, and which statements nothing needed",
    "with `mlref up --enforce` (LocalCloud(enforce=True)) what the policies do not allow is refused in AWS's words: "
    "identity policies of roles, users and groups, permissions boundaries, session policies, and the policies of "
    "buckets, keys, topics, queues, functions and roles; what nobody signed may do what a bucket opens to everybody",
    "and whoever signs has to be who it says: keys that IAM and STS gave out, active and not expired, of users and "
    "roles that are still there, with a signature that is theirs (version 4, for S3 also version 2, in headers, URLs "
    "and forms with their conditions); the administrator is AWS_ACCESS_KEY_ID=testing, AWS_SECRET_ACCESS_KEY=testing",
    "SimulatePrincipalPolicy of roles and users: decisions by the same evaluation, for any actions, resources and "
    "context keys",
)
DIFFERENT = (
    "the administrator's calls are not recorded: the person, the CLI, CloudFormation. Without `--enforce` any key that "
    "the cloud did not give out is the administrator's, and no signature is looked at",
    "service control policies, VPC endpoint policies, grants of KMS keys and Lake Formation are not evaluated; tags of "
    "roles, users and sessions are condition keys, those of resources and requests are not",
    "the signatures of identity providers are not verified: a web identity's token is believed, SAML assertions are "
    "refused by name; nor are the hashes of bodies and of chunks, and the time of a request may be any",
    "a batch of deletions is denied as a whole; sessions of what the cloud itself runs do not expire",
    "SimulatePrincipalPolicy tells decisions and boundaries, not which statements matched or which context is missing; "
    "groups and policies that are not attached are refused by name",
    "not checked: what rules and topics put into dead-letter queues, event-source mappings; and what nobody does here: "
    "pulls of images, grants for volumes, metrics of machines (the stacks say so)",
)


def patch_moto() -> None:
    """Patches that go over those of the other modules."""
    from localcloud.iam import dispatch, s3_dispatch, simulation, trust, web_identity  # noqa: F401, PLC0415


def engine(cloud: Cloud) -> Engine:
    """The engine of ``cloud``."""
    patch_moto()
    from localcloud.iam.recorder import IamEngine  # noqa: PLC0415

    return IamEngine(cloud)
