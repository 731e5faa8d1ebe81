"""Who asks S3, and under which conditions: what policies are compared with."""

from datetime import UTC, datetime
from typing import Any

from localcloud.iam.identity import signer
from localcloud.iam.policies import tags_of

KMS_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
ROLE_TAG = "aws:principaltag/"


def form_fields(response: Any) -> dict[str, str]:
    """What an upload by a form has where others have headers
    (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html)."""
    fields = response.form_data.items() if response.request.method == "POST" else ()
    return {name.lower(): value for name, value in fields if name.lower().startswith("x-amz-")}


def principal_of(response: Any) -> str | None:
    """ARN of the caller, None of nobody; credentials that no role gave out are the account's own."""
    who = signer()
    if who.access_key is None:
        return None
    return f"arn:aws:iam::{response.current_account}:root" if who.caller is None else who.caller.principal


def request_context(response: Any) -> dict[str, str]:
    """The condition keys of a request. A connection that never leaves this machine counts as TLS."""
    account, shown = response.current_account, signer().shown
    now = datetime.now(UTC)
    context = {
        "aws:currenttime": now.isoformat(),
        "aws:epochtime": str(int(now.timestamp())),
        "aws:principalisawsservice": "false",
        "aws:requestedregion": response.region,
        "aws:resourceaccount": account,
        "aws:securetransport": "true",
        "aws:sourceip": "127.0.0.1",
        "aws:viaawsservice": "false",
        "s3:authtype": shown.place.value if shown is not None else "REST-QUERY-STRING",
        "s3:resourceaccount": account,
        "s3:signatureversion": "AWS" if shown is not None and shown.version == 2 else "AWS4-HMAC-SHA256",
        "s3:tlsversion": "1.3",
    }
    principal = principal_of(response)
    if principal:
        context |= {"aws:principalaccount": account, "aws:principalarn": principal}
        context |= {f"{ROLE_TAG}{name.lower()}": value for name, value in tags_of(principal).items()}
        caller = signer().caller
        told = (*caller.context, *caller.storage) if caller is not None else ()
        context |= {name.lower(): value for name, value in told}
    for name, value in {**response.headers, **form_fields(response)}.items():
        lowered = name.lower()
        if lowered.startswith("x-amz-"):
            context[f"s3:{lowered}"] = value
        elif lowered in ("referer", "user-agent"):
            context[f"aws:{lowered.replace('-', '')}"] = value
    key = context.get(KMS_KEY, "")
    if key and not key.startswith(("arn:", "alias/")):  # the ARN is what policies compare with
        context[KMS_KEY] = f"arn:aws:kms:{response.region}:{account}:key/{key}"
    for name in ("prefix", "delimiter", "max-keys", "versionId"):
        if name in response.request.args:
            context[f"s3:{name.lower()}"] = response.request.args[name]
    return context
