"""What Step Functions knows in one region."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Store:
    """State machines with their versions, aliases, executions and activities, each by its ARN."""

    account: str
    region: str
    machines: dict[str, Any] = field(default_factory=dict)  # moto's StateMachineRevision and StateMachineVersion
    aliases: dict[str, Any] = field(default_factory=dict)  # moto's Alias
    executions: dict[str, Any] = field(default_factory=dict)  # our Execution
    activities: dict[str, Any] = field(default_factory=dict)  # moto's Activity

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:states:{self.region}:{self.account}:{kind}:{name}"
