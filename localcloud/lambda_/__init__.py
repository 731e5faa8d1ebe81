"""AWS Lambda without Docker: each function's own code in warm worker processes.

``lambda.invoke`` runs the zip that was uploaded, in a process that sees only the function's variables, with Lambda's
limits on time and payload, and logs and metrics where Lambda has them.
"""

from localcloud.cloud import Cloud
from localcloud.lambda_ import functions, invoke_api  # noqa: F401 - importing registers the patches
from localcloud.lambda_.executor import LambdaEngine

TITLE = "Lambda"
REAL = (
    "Invoke (RequestResponse, Event, DryRun) of Python and Node functions: the uploaded zip and its layers, a warm "
    "process a concurrent request (up to 2 a function), started anew when code or configuration changes",
    "only what Lambda brings can be imported besides zip and layers: the standard library and the AWS SDK",
    "timeouts kill the function; what it has started, daemons too, ends with its environment; limits of request and "
    "response, Lambda's error documents, retries of asynchronous events, reserved concurrency of 0",
    "START, END and REPORT lines and the function's output in its log group, as text or JSON; the metrics "
    "Invocations, Errors, Duration, Throttles",
    "versions, aliases, layers, permissions, and every property of a function read back; 250 MB of code and layers "
    "unzipped, zips that lead out of their folder or contradict themselves are refused",
)
DIFFERENT = (
    "the process is not sandboxed: it shares the machine's file system, network and the literal /tmp; memory size is "
    "not enforced; roles, VPC settings, SnapStart and tracing are only recorded",
    "the interpreter is this environment's Python or Node 24, whatever the runtime's version and architecture",
    "a third concurrent request waits, where Lambda would start another environment or throttle",
    "not done, and refused by name: function URLs, container images, other runtimes, "
    "dead-letter queues and destinations, file systems, code signing, capacity providers, durable functions, code by "
    "S3 object version",
    "Node functions find only the parts of the AWS SDK that package.json names (client-s3), and https requests to "
    "localhost without a port go to the cloud's own http port, which is how CDK's custom resources answer",
)


def engine(cloud: Cloud) -> LambdaEngine:
    """The workers of one cloud."""
    return LambdaEngine(cloud)
