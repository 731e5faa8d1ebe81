"""Every call of an execution is signed by the role of its state machine, or of the state's Credentials."""

import sys
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import resource_eval_s3 as reader
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval import (
    resource_eval_s3 as writer,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask

from localcloud.patching import replace
from localcloud.step_functions.roles import client

_ = (reader, writer, lambda_eval_utils, state_task_service_factory)  # which have imported what is replaced


@replace(StateTask, "_eval_state_credentials", "(self, env)")
def eval_state_credentials(self: Any, env: Any) -> Any:
    """With the machine that they are for, which a role's trust policy may name."""
    found = eval_state_credentials.original(self, env)  # type: ignore[attr-defined]
    found.machine = machine_of(env)
    return found


def machine_of(env: Any) -> str:
    """ARN of the machine that is executed."""
    return str(env.states.context_object.context_object_data["StateMachine"]["Id"])


def _client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    return client(state_credentials.role_arn, state_credentials.machine, service, region)


for _name, _module in sorted(sys.modules.items()):
    if _name.startswith("moto.stepfunctions.parser.asl.") and hasattr(_module, "boto_client_for"):
        replace(_module, "boto_client_for", "(region, service, state_credentials)")(_client_for)
