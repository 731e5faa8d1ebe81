"""Choice states without a match."""

from typing import Any

from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice

from localcloud.patching import replace
from localcloud.step_functions.failures import no_choice

_TOLD = "Failed to transition out of the state. The state does not point to a next state."


@replace(StateChoice, "_eval_state", "(self, env)")
def eval_choice(self: Any, env: Any) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html has States.NoChoiceMatched."""
    for rule in self.choices_decl.rules:
        rule.eval(env)
        if env.stack.pop() is True:
            env.stack.append(rule.next_stmt.name)
            return
    if self.default_state is None:
        raise no_choice(env, _TOLD)
    env.stack.append(self.default_state.state_name)
