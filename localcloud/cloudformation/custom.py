"""Custom resources: a function of the user makes the resource and reports to a URL.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
"""

import json
import threading
import uuid
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation.responses import CloudFormationResponse

from localcloud.cloud import current
from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.service import Context
from localcloud.patching import replace

DEFAULT_TIMEOUT_SECONDS = 3600
MAXIMUM_RESPONSE_BYTES = 4096


class NotDeliveredError(StackError):
    """The request did not reach a function."""


class Mailbox:
    """Responses of functions, by the token in the ResponseURL they were given."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[threading.Event, list[Any]]] = {}

    def expect(self) -> str:
        """A new token."""
        token = uuid.uuid4().hex
        self._waiting[token] = threading.Event(), []
        return token

    def wait(self, token: str, seconds: float) -> Any:
        """The response for ``token``.

        Raises:
            TimeoutError: there is none within ``seconds``.
            StackError: the request failed, see `fail`.
        """
        event, received = self._waiting[token]
        try:
            if not event.wait(seconds) or not received:
                raise TimeoutError
            if isinstance(received[0], StackError):
                raise received[0]
            return json.loads(received[0])
        finally:
            del self._waiting[token]

    def receive(self, token: str, body: bytes) -> bool:
        """Take a response; False when nobody waits for it."""
        event, received = self._waiting.get(token, (None, []))
        if event is None:
            return False
        received.append(body)
        event.set()
        return True

    def fail(self, token: str, error: StackError) -> None:
        """There will be no response; after one it is too late."""
        if token in self._waiting:
            event, received = self._waiting[token]
            received.append(error)
            event.set()

    def forget(self) -> None:
        """Wake whoever waits, with nothing: the cloud is being reset."""
        for event, _ in list(self._waiting.values()):
            event.set()


MAILBOX = Mailbox()


@replace(CloudFormationResponse, "cfnresponse", "(args, kwargs)")
def cfnresponse(request: Any, *_: Any) -> tuple[int, dict[str, str], str]:
    """What ResponseURL points to: on the cloud's own port, because CDK's Node handlers drop the port of the URL."""
    known = MAILBOX.receive(request.args.get("token", ""), request.get_data())
    return (200 if known else 403), {}, ""  # S3 refuses a URL that it did not sign


class CustomResource:
    """A resource of type ``Custom::*`` or ``AWS::CloudFormation::CustomResource``."""

    custom_name: ClassVar[None] = None
    name = ""

    def __init__(self, logical_id: str, resource_type: str, context: Context) -> None:
        self.logical_id = logical_id
        self.type = resource_type
        self.context = context
        self.physical_id: str | None = None
        self.properties: Properties = {}
        self.not_applied: list[str] = []
        self.data: Properties = {}

    def create(self, properties: Properties) -> None:
        """Ask the function to make it."""
        if "ServiceToken" not in properties:
            raise StackError(
                f"Properties validation failed for resource {self.logical_id} with message:\n"
                "#: required key [ServiceToken] not found"
            )
        self.properties = properties
        self._request("Create", {})

    def update(self, properties: Properties) -> None:
        """Ask the function to change it; a new PhysicalResourceId makes the old resource one to delete."""
        old, self.properties = self.properties, properties
        self._request("Update", {"OldResourceProperties": _strings(_own(old))})

    def delete(self) -> None:
        if self.physical_id is not None:
            self._request("Delete", {})

    def replacement_needed(self, properties: Properties) -> set[str]:
        """A resource of another function is another resource."""
        return {"ServiceToken"} if properties.get("ServiceToken") != self.properties["ServiceToken"] else set()

    def attribute(self, name: str) -> Any:
        """Fn::GetAtt: what the function returned as Data."""
        try:
            return self.data[name]
        except KeyError:
            raise StackError(
                f"CustomResource attribute error: Vendor response doesn't contain {name} attribute in object "
                f"{self.context.stack_id}|{self.logical_id}|{self.physical_id}"
            ) from None

    def _request(self, kind: str, more: Properties) -> None:
        token = MAILBOX.expect()
        event = {
            "RequestType": kind,
            "ServiceToken": self.properties["ServiceToken"],
            "ResponseURL": f"{current().endpoint}/cloudformation_{self.context.region}/cfnresponse?token={token}",
            "StackId": self.context.stack_id,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.type,
            "ResourceProperties": _strings(_own(self.properties)),
            **more,
        }
        if kind != "Create":
            event["PhysicalResourceId"] = self.physical_id
        else:  # what a rollback deletes if the function never says what it made
            self.physical_id = f"{self.context.stack_name}-{self.logical_id}-{uuid.uuid4().hex[:12].upper()}"
        threading.Thread(target=self._invoke, args=(event, token), name="custom-resource", daemon=True).start()
        seconds = float(self.properties.get("ServiceTimeout", DEFAULT_TIMEOUT_SECONDS))
        try:
            response = MAILBOX.wait(token, seconds)
        except NotDeliveredError:
            if kind == "Create":
                self.physical_id = None  # nobody was asked to make it
            raise
        except TimeoutError:
            raise StackError(
                f"CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
                f"requestId [{event['RequestId']}]. If you are using the Python cfn-response module, you may need to "
                f"update your Lambda function code so that CloudFormation can attach the updated version."
            ) from None
        self._accept(kind, response)

    def _invoke(self, event: Properties, token: str) -> None:
        """Send the request.

        CloudFormation invokes asynchronously and waits an hour for a function that has crashed. Here the crash is
        seen, and ends the wait.
        """
        function = self.properties["ServiceToken"]
        if ":function:" not in function:
            problem = f"The local cloud sends custom resource requests to Lambda functions only, not to {function}"
            MAILBOX.fail(token, NotDeliveredError(problem))
            return
        try:
            answer = self.context.client("lambda", self.context.region).invoke(
                FunctionName=function, Payload=json.dumps(event).encode()
            )
        except ClientError as error:
            MAILBOX.fail(token, NotDeliveredError(f"Lambda: {error.response['Error']['Message']}"))
            return
        except BotoCoreError as error:  # the cloud ends
            MAILBOX.fail(token, NotDeliveredError(f"Lambda: {error}"))
            return
        if "FunctionError" in answer:
            failure = answer["Payload"].read().decode()
            MAILBOX.fail(token, StackError(f"The function {function} failed and sent no response: {failure}"))

    def _accept(self, kind: str, response: Properties) -> None:
        if response.get("Status") != "SUCCESS":
            if kind == "Create":
                self.physical_id = str(response.get("PhysicalResourceId") or self.physical_id)
            reason = response.get("Reason") or "no reason given"
            raise StackError(f"Received response status [FAILED] from custom resource. Message returned: {reason}")
        if len(json.dumps(response).encode()) > MAXIMUM_RESPONSE_BYTES:
            raise StackError("Response object is too long.")
        if kind == "Delete":
            return
        if not response.get("PhysicalResourceId"):
            raise StackError("Invalid PhysicalResourceId")
        self.physical_id = str(response["PhysicalResourceId"])
        self.data = response.get("Data") or {}


def _own(properties: Properties) -> Properties:
    """ServiceTimeout is for CloudFormation, not for the function."""
    return {name: value for name, value in properties.items() if name != "ServiceTimeout"}


def _strings(value: Any) -> Any:
    """CloudFormation sends every scalar as a string."""
    if isinstance(value, dict):
        return {name: _strings(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_strings(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
