"""States a second of moto's interpreter alone, no server around it: ``python -m benchmarks.bare_states LOOPS``.

A process of its own, so that nothing of the local cloud is patched into it.
"""

import sys
import time

from moto.core.config import default_user_config
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from benchmarks.counting import MACHINE, STATES, given


def main() -> None:
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    backend = stepfunctions_parser_backends["123456789012"]["us-east-1"]
    role = "arn:aws:iam::123456789012:role/r"
    arn = backend.create_state_machine("counting", MACHINE, role, sm_type="EXPRESS").arn
    execute(backend, arn, "warm", 5)
    loops, best = int(sys.argv[1]), float("inf")
    for number in range(3):
        began = time.perf_counter()
        execute(backend, arn, str(number), loops)
        best = min(best, time.perf_counter() - began)
    print(loops * STATES / best)


def execute(backend: object, arn: str, name: str, loops: int) -> None:
    """Start one, and wait for its end."""
    execution = backend.start_execution(arn, name, given(loops))  # type: ignore[attr-defined]
    while execution.status == "RUNNING":
        time.sleep(0.001)
    if execution.status != "SUCCEEDED":
        raise RuntimeError(execution.cause)


if __name__ == "__main__":
    main()
