"""Requests to CloudFormation's API: moto parses them and renders the answers."""

import functools
import threading
from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult

from localcloud.cloud import current
from localcloud.cloudformation.deployment import Plan
from localcloud.cloudformation.errors import StackError, TemplateError
from localcloud.cloudformation.preflight import MissingCapabilitiesError, make_plan
from localcloud.cloudformation.stack import Stack, Stacks
from localcloud.patching import add, replace

# Clients poll every 5 to 30 s; an operation that is over before the answer costs them none of that.
ANSWER_WITHIN_SECONDS = 25
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
BODY_BYTES = 51_200
S3_BYTES = 1_000_000
UPDATABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})

# Answers are in the API's own form already; moto's transformers expect its own classes.
CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER = {}


class InsufficientCapabilitiesError(CloudFormationError):  # type: ignore[misc]
    code = "InsufficientCapabilitiesException"


Method = Callable[["Call"], Any]


def operation(method: Method) -> Method:
    """Serve the operation that the function is named after."""
    decorate = (
        replace(CloudFormationResponse, method.__name__, "(self)")
        if hasattr(CloudFormationResponse, method.__name__)
        else add(CloudFormationResponse, method.__name__)
    )

    @functools.wraps(method)
    def serve(response: Any) -> Any:
        try:
            answer = method(Call(response))
        except MissingCapabilitiesError as error:
            raise InsufficientCapabilitiesError(str(error)) from None
        except StackError as error:
            raise ValidationError(message=str(error)) from None
        return EmptyResult() if answer is None else ActionResult(answer)

    decorate(serve)
    return method


class Call:
    """One request, and the stacks it can see: those of its account and region, kept in moto's backend."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.stacks: Stacks = response.cloudformation_backend.__dict__.setdefault("localcloud_stacks", Stacks())

    def get(self, name: str, default: Any = None) -> Any:
        return self.response._get_param(name, default)

    def stack(self, name: str | None = None) -> Stack:
        wanted = name or self.get("StackName")
        found = self.stacks.find(wanted)
        if found is None:
            raise ValidationError(message=f"Stack with id {wanted} does not exist")
        return found

    def new_stack(self) -> Stack:
        cloud = current()
        stack = Stack(
            self.get("StackName"),
            self.response.region,
            self.response.current_account,
            cloud.strict,
            cloud.engine_client,
        )
        self.describe(stack)
        return stack

    def describe(self, stack: Stack) -> None:
        """Take over what the request says about the stack itself."""
        stack.capabilities = self.get("Capabilities", [])
        stack.disable_rollback = bool(self.get("DisableRollback", False))
        stack.role_arn = self.get("RoleARN")

    def plan(self, stack: Stack) -> Plan:
        revision = stack.revision
        body = revision.body if self.get("UsePreviousTemplate") else self.body()
        given: dict[str, str] = {}
        for parameter in self.get("Parameters", []):
            name = parameter["ParameterKey"]
            if not parameter.get("UsePreviousValue"):
                given[name] = parameter.get("ParameterValue", "")
            elif name in revision.given:
                given[name] = revision.given[name]
        tags = self.get("Tags")
        # "If you don't specify this parameter, CloudFormation doesn't modify the stack's tags"
        # (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html)
        return make_plan(body, given, revision.tags if tags is None else tags, stack, self.stacks)

    def body(self) -> str:
        """The text of the template. Raises TemplateError."""
        body = self.get("TemplateBody")
        if body is None and self.get("TemplateURL"):
            return self._from_s3(self.get("TemplateURL"))
        if not body:
            raise TemplateError("Either Template URL or Template Body must be specified.")
        if len(body.encode()) > BODY_BYTES:
            raise TemplateError(
                f"1 validation error detected: Value '{body[:40]}…' at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {BODY_BYTES}"
            )
        return str(body)

    def _from_s3(self, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise TemplateError("TemplateURL must be a supported URL.")
        try:
            body = str(self.response._get_stack_from_s3_url(url))
        except (AttributeError, KeyError):  # moto finds no key
            raise TemplateError("S3 error: The specified key does not exist.") from None
        except ServiceException as error:
            raise TemplateError(f"S3 error: {error.message}") from None
        except UnicodeDecodeError:
            raise TemplateError("Template format error: unsupported structure.") from None
        except ValueError:
            raise TemplateError(f"S3 error: Domain name specified in {url} is not a valid S3 domain") from None
        if len(body.encode()) > S3_BYTES:
            raise TemplateError(f"Template may not exceed {S3_BYTES} bytes in size.")
        return body


def run(work: Callable[..., None], *arguments: Any) -> None:
    """Start an operation, and wait for it if it is a short one."""
    thread = threading.Thread(target=work, args=arguments, name="cloudformation", daemon=True)
    thread.start()
    thread.join(ANSWER_WITHIN_SECONDS)


def refuse_busy(stack: Stack) -> None:
    """Only a stack at rest, and whole, can be updated."""
    if stack.status not in UPDATABLE:
        raise ValidationError(message=f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
