"""Lambda's errors about mappings, which say that the caller made them."""

import json

from moto.awslambda.exceptions import LambdaClientError

from localcloud.event_sources.mapping import Mapping


class _UserError(LambdaClientError):  # type: ignore[misc]
    """The document has a Type beside code and message."""

    member = "message"

    def __init__(self, error: str, message: str) -> None:
        super().__init__(error, message)
        self.description = json.dumps({"__type": error, self.member: message, "Type": "User"})


class InvalidError(_UserError):
    """A parameter that Lambda does not take."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValueException", message)


class NoMappingError(_UserError):
    """No mapping has the UUID."""

    code = 404
    member = "Message"

    def __init__(self, message: str = "The resource you requested does not exist.") -> None:
        super().__init__("ResourceNotFoundException", message)


class ConflictError(_UserError):
    """The function has a mapping of the source already."""

    code = 409

    def __init__(self, mapping: Mapping) -> None:
        what = "An event source mapping with SQS arn" if mapping.kind == "queue" else "The event source arn"
        already = "already exists" if mapping.kind == "queue" else "provided mapping already exists"
        text = (
            f'{what} (" {mapping.source} ") and function (" {mapping.session} ") {already}. '
            f"Please update or delete the existing mapping with UUID {mapping.uuid}"
        )
        super().__init__("ResourceConflictException", text)


class InUseError(_UserError):
    """A change of the mapping is under way."""

    def __init__(self, verb: str) -> None:
        super().__init__("ResourceInUseException", f"Cannot {verb} the event source mapping because it is in use.")
