"""Entry point of the console script: it imports next to nothing before signals are taken care of."""

import signal
import sys


def run() -> None:
    """Run the command under a supervisor."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))  # it waits for them
    from localcloud.processes.supervisor import supervise  # noqa: PLC0415 - see above

    words = [word for word in sys.argv[1:2] if word.replace("-", "").isalpha() and word[0] != "-"]
    supervise(" ".join(["mlref", *words]), "cli.main:run")
