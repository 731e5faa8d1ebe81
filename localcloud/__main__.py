"""Run a local cloud until told to stop: ``python -m localcloud --ready-file ready.json``.

Stops on SIGTERM, on Ctrl-C, and when standard input closes, so a cloud never outlives the process that started it.
"""

import argparse
import contextlib
import json
import sys
from pathlib import Path

from localcloud.processes.files import refuse_unwritable, write_whole
from localcloud.processes.supervisor import supervise


def main() -> int:
    """Parse the arguments, serve, stop cleanly."""
    from localcloud import LocalCloud  # noqa: PLC0415 - a signal may come while it is imported

    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on localhost, 0 to 65535; 0 picks a free one")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster the services' waits pass")
    parser.add_argument("--enforce", action="store_true", help="refuse what the deployed IAM policies do not allow")
    parser.add_argument("--engines-via", metavar="URL", help="a proxy at which engines and jobs call this cloud")
    parser.add_argument(
        "--analyzer",
        nargs="+",
        default=(),
        metavar=("MODULE", "ARGUMENT"),
        help="Python module that stands in for AWS's analyzer image of Model Monitor, and its arguments",
    )
    parser.add_argument("--ready-file", type=Path, help="written with the endpoint when the cloud answers")
    arguments = parser.parse_args()

    try:
        if arguments.ready_file:
            refuse_unwritable(arguments.ready_file)
        cloud = LocalCloud(
            port=arguments.port,
            speed=arguments.speed,
            enforce=arguments.enforce,
            engines_via=arguments.engines_via,
            analyzer=arguments.analyzer,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        with cloud:
            if arguments.ready_file:
                ready = {"endpoint": cloud.endpoint, "region": cloud.region, "account": cloud.account}
                write_whole(arguments.ready_file, json.dumps(ready))
            with contextlib.suppress(OSError, ValueError):
                sys.stdin.buffer.read()
    except RuntimeError as error:
        print(f"localcloud: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    supervise("localcloud", "localcloud.__main__:main")
