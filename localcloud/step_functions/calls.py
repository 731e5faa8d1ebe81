"""Every call of an execution is signed by the role of its state machine, or of the state's Credentials."""

import sys
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import resource_eval_s3 as reader
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval import (
    resource_eval_s3 as writer,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_factory

from localcloud.patching import replace
from localcloud.step_functions.roles import client

_ = (reader, writer, lambda_eval_utils, state_task_service_factory)  # which have imported what is replaced


def _client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    return client(state_credentials.role_arn, service, region)


for _name, _module in sorted(sys.modules.items()):
    if _name.startswith("moto.stepfunctions.parser.asl.") and hasattr(_module, "boto_client_for"):
        replace(_module, "boto_client_for", "(region, service, state_credentials)")(
            lambda region, service, state_credentials=None: _client_for(region, service, state_credentials)
        )
