"""Requests to S3 pass here before moto answers them."""

from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.responses import S3Response

from localcloud.iam import post_policy, s3_requests
from localcloud.iam.call import Call, Where
from localcloud.iam.identity import signer
from localcloud.iam.presented import Place
from localcloud.iam.public_access import allowed_by_acl
from localcloud.iam.recorder import AccessDeniedError, enforced, iam_engine
from localcloud.patching import replace


class _DeniedError(S3ClientError):  # type: ignore[misc]
    def __init__(self, message: str, code: str = "AccessDenied") -> None:
        super().__init__(code, message)


@replace(S3Response, "_key_response", "(self, request, full_url)")
def key_response(self: Any, request: Any, full_url: str) -> Any:
    """Objects."""
    caller = signer().caller
    if caller is not None:
        bucket, key = self.parse_bucket_name_from_url(request, full_url), self.parse_key_name()
        _check(s3_requests.of_object(caller, self, bucket, key, _where(self)))
    return key_response.original(self, request, full_url)  # type: ignore[attr-defined]


@replace(S3Response, "_bucket_response", "(self, request, full_url)")
def bucket_response(self: Any, request: Any, full_url: str) -> Any:
    """Buckets, the list of them, and uploads by forms."""
    who, bucket = signer(), self.parse_bucket_name_from_url(request, full_url)
    by_form = request.method == "POST" and "delete" not in request.args and bool(bucket)
    if by_form and enforced() and who.shown is not None and who.shown.place is Place.FORM:
        _obey_policy(self, bucket)
    if who.caller is not None:
        if by_form:
            _check(s3_requests.of_form(who.caller, self, bucket, _where(self)))
        else:
            _check(s3_requests.of_bucket(who.caller, self, bucket))
    return bucket_response.original(self, request, full_url)  # type: ignore[attr-defined]


def _where(response: Any) -> Where:
    return Where(response.current_account, response.region)


def _obey_policy(response: Any, bucket: str) -> None:
    fields = {name.lower(): value for name, value in response.form_data.items()}
    try:
        post_policy.check(fields["policy"], {**fields, "bucket": bucket}, len(response.raw_body or b""))
    except post_policy.PostPolicyError as refused:
        raise _DeniedError(str(refused), refused.code) from None


def _check(calls: list[Call]) -> None:
    engine = iam_engine()
    if engine is None:
        return
    asked = [call for call in calls if not (call.caller.is_anonymous and allowed_by_acl(call))]
    try:
        engine.check(asked)
    except AccessDeniedError as denied:
        anonymous = any(call.caller.is_anonymous for call in calls)
        raise _DeniedError("Access Denied" if anonymous else str(denied)) from None
