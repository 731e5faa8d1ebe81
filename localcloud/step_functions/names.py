"""Names and ARNs, as the API takes them."""

import re

from localcloud.step_functions.operations import StatesError

_NAME = "[a-zA-Z0-9-_.]+"
_HEAD = r"arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}"
_MACHINE = re.compile(rf"{_HEAD}:stateMachine:{_NAME}(:{_NAME})*(/{_NAME})?")
_EXECUTION = re.compile(rf"{_HEAD}:(execution|express):{_NAME}(/{_NAME})?(:{_NAME})+")
_MAP_RUN = re.compile(rf"{_HEAD}:mapRun:{_NAME}/{_NAME}:{_NAME}")
_ACTIVITY = re.compile(rf"{_HEAD}:activity:{_NAME}")
_ALIAS = re.compile(rf"{_HEAD}:stateMachine:{_NAME}:(?![0-9]+$){_NAME}")
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html#StepFunctions-CreateStateMachine-request-name
_FORBIDDEN = re.compile(r"""[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f￾￿\ud800-\udfff]""")


def machine(arn: str) -> str:
    """Of a state machine, a version or an alias."""
    return _checked(_MACHINE, arn)


def execution(arn: str) -> str:
    return _checked(_EXECUTION, arn)


def activity(arn: str) -> str:
    return _checked(_ACTIVITY, arn)


def alias(arn: str) -> str:
    return _checked(_ALIAS, arn)


def map_run(arn: str) -> str:
    return _checked(_MAP_RUN, arn)


def name(text: str) -> str:
    """Of a state machine, an execution or an activity."""
    if not 1 <= len(text) <= 80 or _FORBIDDEN.search(text):
        raise StatesError("InvalidName", f"Invalid Name: '{text}'")
    return text


def _checked(pattern: re.Pattern[str], arn: str) -> str:
    if not pattern.fullmatch(arn):
        raise StatesError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
    return arn
