"""States of an Express execution against moto's interpreter alone, and against itself when there are more of them."""

import subprocess
import sys

from benchmarks.counting import MACHINE, STATES, given
from benchmarks.measure import Ratio, seconds
from localcloud import LocalCloud

_LOOPS = 300
_GROWTH = (1, 10, 30)
_ROLE = "arn:aws:iam::123456789012:role/states"


def measure() -> list[Ratio]:
    """States a second."""
    command = [sys.executable, "-m", "benchmarks.bare_states", str(_LOOPS)]
    peer = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    with LocalCloud() as cloud:
        cloud.client("iam").create_role(RoleName="states", AssumeRolePolicyDocument="{}")
        states = cloud.client("stepfunctions")
        machine = states.create_state_machine(name="counting", definition=MACHINE, roleArn=_ROLE, type="EXPRESS")

        def rate(loops: int) -> float:
            """Of one StartSyncExecution, the call and its answer too."""
            called = {"stateMachineArn": machine["stateMachineArn"], "input": given(loops)}
            return loops * STATES / seconds(lambda: states.start_sync_execution(**called), 3)

        rate(5)
        ours = rate(_LOOPS)
        rates = [rate(100 * size) for size in _GROWTH]
    how = (
        f"one Express execution of {_LOOPS * STATES} Pass and Choice states by StartSyncExecution; the peer: moto's "
    )
    most = min(rates[1:])
    size = _GROWTH[rates.index(most)] * 100 * STATES
    growth = (
        f"time of a state where there are {size:,}, the slower of ten and thirty times {100 * STATES}; the peer: "
    )
    return [
        Ratio("states, an Express execution", ours, "moto's interpreter alone", peer, "states/s", "≥ 0.9",
              how + "interpreter in a process without server, logs, metrics and IAM"),
        Ratio("states, many more", 1e6 / most, "few", 1e6 / rates[0], "µs/state", "≤ 1.05",
              growth + f"of {100 * STATES}"),
    ]  # fmt: skip
