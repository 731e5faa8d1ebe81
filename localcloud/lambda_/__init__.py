"""AWS Lambda without Docker: each function's own code in warm worker processes.

``lambda.invoke`` runs the zip that was uploaded, in a process that sees only the function's variables, with
Lambda's limits on time and payload. Not like AWS: the process is not sandboxed (it shares the machine's file system
and network), memory size is not enforced, and the interpreter is this environment's Python or Node whatever the
runtime's minor version.
"""

from localcloud.lambda_ import functions, invoke_api  # noqa: F401 - importing registers the patches
from localcloud.lambda_.executor import LambdaEngine
from localcloud.server import LocalCloud


def engine(cloud: LocalCloud) -> LambdaEngine:
    """The workers of one cloud."""
    return LambdaEngine(cloud)
