"""CloudFormation: stacks that are really made, changed, rolled back and removed, through the APIs of the services.

Driven by the registry schemas (`schema`), botocore's shapes (`mapping`) and a small table of facts per type
(`types`). What the local cloud cannot make or apply fails the stack by name.
"""

from localcloud.cloud import Cloud
from localcloud.cloudformation import api  # noqa: F401 - registers the operations
from localcloud.cloudformation.custom import MAILBOX

TITLE = "CloudFormation"
REAL = (
    "create, update in place or by replacement, rollback of both, delete; change sets; outputs, exports and imports; "
    "an event a resource; DeletionPolicy and UpdateReplacePolicy; stack tags on the resources; IAM capabilities",
    "every resource is made through its service's own API; a property that nothing applied fails the resource by "
    "name, on create and on update; a type that is not in the table fails the stack by name",
    "templates in JSON and YAML: parameters (also from SSM), conditions, mappings, rules, all intrinsic functions; "
    "what is malformed, or over CloudFormation's quotas, is refused in its words before anything is made",
    "what is gone behind the stack's back is no obstacle to deletion, and fails an update and its rollback, which "
    "ContinueUpdateRollback ends, skipping it or not",
    "custom resources: the function runs, answers on the ResponseURL, and gets its properties as strings",
    "the unpatched CDK CLI bootstraps, deploys, diffs, updates, rolls back and destroys",
)
DIFFERENT = (
    "resources are made one after another; of triggers of one Glue workflow that AWS would make at the same time, and "
    "which then fail now and then, the second fails always",
    "a crashed custom resource function ends the wait at once, where AWS waits for the timeout",
    "refused by name: nested stacks, macros, CreationPolicy, UpdatePolicy, secure references, StackSets, stack "
    "policies; detection of drift, import, RollbackStack and CancelUpdateStack are not there",
    "what was deleted behind the stack's back comes back with an update where the API makes what is not there: alarms, "
    "dashboards, rules, policies, parameters, metric filters, settings of asynchronous invocation",
    "stack tags do not reach budgets, dashboards and data quality job definitions; no resource gets AWS's own tags "
    "(aws:cloudformation:stack-name and the others)",
    "regular expressions of AllowedPattern end after a second, functions that write more than 50 MB are refused; AWS "
    "says nothing of such bounds",
    "of the properties, required, unknown and enumerated ones are checked before; patterns and lengths are left to "
    "the service",
    "strict mode proves that a property reached the API; that it is kept is proved by the read-back tests, for the "
    "properties in them",
)


class CloudFormation:
    """The part of the engine with a life of its own: whoever waits for a custom resource's response."""

    def start(self) -> None: ...

    def reset(self) -> None:
        MAILBOX.forget()

    def stop(self) -> None:
        MAILBOX.forget()


def engine(_: Cloud) -> CloudFormation:
    """The engine of a cloud; stacks themselves live in moto's backend and vanish with it."""
    return CloudFormation()
