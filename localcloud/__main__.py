"""Run a local cloud until told to stop: ``python -m localcloud --ready-file ready.json``.

Stops on SIGTERM, on Ctrl-C, and when standard input closes, so a cloud never outlives the process that started it.
"""

import argparse
import contextlib
import json
import signal
import sys
import threading
from pathlib import Path

from localcloud import LocalCloud


def main() -> int:
    """Parse the arguments, serve, stop cleanly."""
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on localhost, 0 to 65535; 0 picks a free one")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster the services' waits pass")
    parser.add_argument("--enforce", action="store_true", help="refuse what the deployed IAM policies do not allow")
    parser.add_argument("--engines-via", metavar="URL", help="a proxy at which engines and jobs call this cloud")
    parser.add_argument("--ready-file", type=Path, help="written with the endpoint when the cloud answers")
    arguments = parser.parse_args()

    try:
        cloud = LocalCloud(
            port=arguments.port,
            speed=arguments.speed,
            enforce=arguments.enforce,
            engines_via=arguments.engines_via,
        )
    except ValueError as error:
        parser.error(str(error))
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    threading.Thread(target=_wait_for_end_of_input, args=(done,), daemon=True).start()
    try:
        with cloud:
            if arguments.ready_file:
                ready = {"endpoint": cloud.endpoint, "region": cloud.region, "account": cloud.account}
                temporary = arguments.ready_file.with_suffix(".part")
                temporary.write_text(json.dumps(ready), "utf-8")
                temporary.rename(arguments.ready_file)
            done.wait()
    except RuntimeError as error:
        print(f"localcloud: {error}", file=sys.stderr)
        return 1
    return 0


def _wait_for_end_of_input(done: threading.Event) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.buffer.read()
    done.set()


if __name__ == "__main__":
    sys.exit(main())
