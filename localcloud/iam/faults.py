"""Why a request is refused before anything is done, in the words and codes of the protocols."""

from enum import Enum
from http import HTTPStatus
from typing import Any

from moto.core.utils import get_service_model

from localcloud.protocols import Protocol, rendered

ADMINISTRATOR = "testing"  # access key and secret of who may do everything


class Fault(Enum):
    """Why; the value is the message, where it is the same everywhere."""

    UNKNOWN_KEY = (
        "The security token included in the request is invalid. (The local cloud did not give this access key out, or "
        f"it is deleted or inactive; its administrator has AWS_ACCESS_KEY_ID={ADMINISTRATOR} with the same secret.)"
    )
    WRONG_TOKEN = "The security token included in the request is invalid."  # noqa: S105 - no password
    EXPIRED_TOKEN = "The security token included in the request is expired"  # noqa: S105
    WRONG_SIGNATURE = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
    )
    EXPIRED_URL = "Request has expired"
    UNSIGNED_HEADERS = "There were headers present in the request which were not signed"
    UNSIGNED = "Request is missing Authentication Token"
    DENIED = "Access Denied"
    MALFORMED = "The request's signature cannot be read"


_Codes = dict[Fault, tuple[str, HTTPStatus]]
_FORBIDDEN, _BAD = HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
_S3: _Codes = {
    Fault.UNKNOWN_KEY: ("InvalidAccessKeyId", _FORBIDDEN),
    Fault.WRONG_TOKEN: ("InvalidToken", _BAD),
    Fault.EXPIRED_TOKEN: ("ExpiredToken", _BAD),
    Fault.WRONG_SIGNATURE: ("SignatureDoesNotMatch", _FORBIDDEN),
    Fault.MALFORMED: ("InvalidArgument", _BAD),
}
_S3_TEXTS = {
    Fault.UNKNOWN_KEY: (
        "The AWS Access Key Id you provided does not exist in our records. (The local cloud's administrator has "
        f"AWS_ACCESS_KEY_ID={ADMINISTRATOR} with the same secret.)"
    ),
    Fault.WRONG_TOKEN: "The provided token is malformed or otherwise invalid.",
    Fault.EXPIRED_TOKEN: "The provided token has expired.",
    Fault.WRONG_SIGNATURE: (
        "The request signature we calculated does not match the signature you provided. Check your key and signing "
        "method."
    ),
    Fault.UNSIGNED: "Access Denied",
}
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
_QUERY: _Codes = {
    Fault.UNKNOWN_KEY: ("InvalidClientTokenId", _FORBIDDEN),
    Fault.WRONG_TOKEN: ("InvalidClientTokenId", _FORBIDDEN),
    Fault.EXPIRED_TOKEN: ("ExpiredToken", _FORBIDDEN),
    Fault.WRONG_SIGNATURE: ("SignatureDoesNotMatch", _FORBIDDEN),
    Fault.EXPIRED_URL: ("SignatureDoesNotMatch", _FORBIDDEN),
    Fault.UNSIGNED: ("MissingAuthenticationToken", _FORBIDDEN),
    Fault.MALFORMED: ("IncompleteSignature", _BAD),
}
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html#CommonErrors
_EC2: _Codes = {
    Fault.UNKNOWN_KEY: ("AuthFailure", HTTPStatus.UNAUTHORIZED),
    Fault.WRONG_TOKEN: ("AuthFailure", HTTPStatus.UNAUTHORIZED),
    Fault.EXPIRED_TOKEN: ("RequestExpired", _BAD),
    Fault.WRONG_SIGNATURE: ("AuthFailure", HTTPStatus.UNAUTHORIZED),
    Fault.EXPIRED_URL: ("RequestExpired", _BAD),
    Fault.UNSIGNED: ("MissingAuthenticationToken", _FORBIDDEN),
    Fault.MALFORMED: ("IncompleteSignature", _BAD),
    Fault.DENIED: ("UnauthorizedOperation", _FORBIDDEN),
}
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html#Programming.Errors.MessagesAndCodes
_JSON: _Codes = {
    Fault.UNKNOWN_KEY: ("UnrecognizedClientException", _BAD),
    Fault.WRONG_TOKEN: ("UnrecognizedClientException", _BAD),
    Fault.EXPIRED_TOKEN: ("ExpiredTokenException", _BAD),
    Fault.WRONG_SIGNATURE: ("InvalidSignatureException", _BAD),
    Fault.EXPIRED_URL: ("InvalidSignatureException", _BAD),
    Fault.UNSIGNED: ("MissingAuthenticationTokenException", _BAD),
    Fault.MALFORMED: ("IncompleteSignatureException", _BAD),
    Fault.DENIED: ("AccessDeniedException", _BAD),
}
_CODES = {
    Protocol.S3: _S3,
    Protocol.EC2: _EC2,
    Protocol.XML: _QUERY,
    Protocol.JSON: _JSON,
    # https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html: the same with 403
    Protocol.REST_JSON: {fault: (code, _FORBIDDEN) for fault, (code, _) in _JSON.items()},
}


_PROTOCOLS = {
    "ec2": Protocol.EC2,
    "json": Protocol.JSON,
    "query": Protocol.XML,
    "rest-json": Protocol.REST_JSON,
    "rest-xml": Protocol.XML,
    "smithy-rpc-v2-cbor": Protocol.JSON,
}


class RefusalError(Exception):
    """A request that is not from whom it says, or of whom may not."""

    def __init__(self, fault: Fault, message: str | None = None) -> None:
        super().__init__(message or fault.value)
        self.fault = fault
        self.message = message

    def told(self, protocol: Protocol) -> tuple[int, str, str]:
        """Status, code and message for a client that speaks ``protocol``."""
        code, status = _CODES[protocol].get(self.fault, ("AccessDenied", _FORBIDDEN))
        texts = _S3_TEXTS if protocol is Protocol.S3 else {}
        return int(status), code, self.message or texts.get(self.fault, self.fault.value)

    def answer(self, protocol: Protocol) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body for a client that speaks ``protocol``."""
        status, code, message = self.told(protocol)
        return status, *rendered(protocol, code, message)


def spoken(service: str, protocol: str) -> Protocol:
    """The protocol of botocore's name that a client of boto3's ``service`` speaks."""
    return Protocol.S3 if service == "s3" else _PROTOCOLS[protocol]


def refused(response: Any, refusal: RefusalError) -> tuple[int, dict[str, str], bytes]:
    """What moto's ``response`` answers instead."""
    service = response.boto3_service_name
    status, headers, body = refusal.answer(spoken(service, str(get_service_model(service).protocol)))
    return status, {**dict(headers), "status": str(status)}, body
