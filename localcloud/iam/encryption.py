"""Uses of KMS keys that another call implies: a missing grant on a key is the commonest refusal of all.

The service uses the key as the caller (forward access session), except CloudWatch Logs, which uses it as itself.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html,
https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

import struct
from base64 import b64decode
from typing import Any

from moto.kinesis.models import kinesis_backends
from moto.kms.models import kms_backends
from moto.kms.utils import _deserialize_ciphertext_blob as deserialize
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from localcloud.iam.call import Call, Caller, Where
from localcloud.iam.credentials import service_caller

Actions = tuple[str, ...]
READ: Actions = ("kms:Decrypt",)
WRITE: Actions = ("kms:GenerateDataKey",)


def key_arn(key: str | None, where: Where) -> str | None:
    """ARN of a key given by ARN, id or alias; None for an AWS managed key, whose policy is AWS's."""
    return None if not key or "alias/aws/" in key else _arn(key, where)


def _arn(key: str, where: Where) -> str | None:
    backend = kms_backends[where.account][key.split(":")[3] if key.startswith("arn:") else where.region]
    name = backend.get_alias_name(key)
    found = backend.keys.get(backend.get_key_id(backend.get_key_id_from_alias(name) or name))
    return None if found is None else str(found.arn)


def keys_of(operation: str, parameters: dict[str, Any], where: Where) -> list[tuple[str, str]] | None:
    """Actions and resources of an operation of KMS on keys; None of one that has none, such as CreateKey.

    A key that is not there has no policy to ask: KMS says NotFoundException, to everybody. Decrypt learns the key from
    what it is to decrypt (https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html).
    """
    name, given = f"kms:{operation}", {member: str(value) for member, value in parameters.items()}
    if "AliasName" in given:  # https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
        alias = f"arn:{where.partition}:kms:{where.region}:{where.account}:{given['AliasName']}"
        keys = [_arn(given.get("TargetKeyId", given["AliasName"]), where)]
        return [(name, arn) for arn in (alias, *keys) if arn is not None]
    asked = {name: given.get("KeyId") or _encrypted_by(parameters)}
    if operation == "ReEncrypt":  # https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html
        source = given.get("SourceKeyId") or _encrypted_by(parameters)
        asked = {"kms:ReEncryptFrom": source, "kms:ReEncryptTo": given.get("DestinationKeyId", "")}
    if not any(asked.values()):
        return None
    arns = {action: _arn(key, where) for action, key in asked.items() if key}
    return [(action, arn) for action, arn in arns.items() if arn is not None]


def _encrypted_by(parameters: dict[str, Any]) -> str:
    sealed = parameters.get("CiphertextBlob")
    if not sealed:
        return ""
    try:
        return str(deserialize(sealed if isinstance(sealed, bytes) else b64decode(sealed)).key_id)
    except (struct.error, UnicodeDecodeError, ValueError):  # it was sealed elsewhere: moto says so
        return ""


def implied(call: Call, where: Where, headers: Any = None) -> list[Call]:
    """The key uses of one call."""
    reader = _READERS.get(call.action)
    return [] if reader is None else reader(call, where, headers or {})


def _uses(
    call: Call, where: Where, service: str, *, key: str | None, actions: Actions, context: dict[str, str]
) -> list[Call]:
    arn = key_arn(key, where)
    if arn is None:
        return []
    told = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    told |= {"kms:ViaService": f"{service}.{where.region}.amazonaws.com", "kms:CallerAccount": where.account}
    return [Call(call.caller, action, arn, tuple(sorted(told.items())), call.via) for action in actions]


def _object(call: Call, where: Where, headers: Any, *, read: bool) -> list[Call]:
    name, _, path = call.resource.partition(":::")[2].partition("/")
    bucket = s3_backends[where.account]["aws"].buckets.get(name)
    if bucket is None:
        return []
    rule = (bucket.encryption or {}).get("Rule") or {}
    rule = rule[0] if isinstance(rule, list) else rule
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    if read:
        stored = bucket.keys.get(path)
        # neither for what is not there, nor for a delete marker
        algorithm, key = getattr(stored, "encryption", None), getattr(stored, "kms_key_id", None)
    else:
        algorithm, key = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
        if asked := headers.get("x-amz-server-side-encryption"):  # without a key: aws/s3, and not the bucket's
            algorithm, key = asked, headers.get("x-amz-server-side-encryption-aws-kms-key-id")
    if algorithm != "aws:kms":
        return []
    # With a bucket key S3 asks KMS for the bucket, not for each object
    # (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html)
    of_bucket = str(rule.get("BucketKeyEnabled", "")).lower() == "true"
    context = {"aws:s3:arn": call.resource.partition("/")[0] if of_bucket else call.resource}
    actions = READ if read else WRITE
    if "uploads" in headers or "uploadId" in headers:  # the parts of an upload are put together from ciphertext
        actions = (*WRITE, *READ)
    return _uses(call, where, "s3", key=key, actions=actions, context=context)


def _get_object(call: Call, where: Where, headers: Any) -> list[Call]:
    return _object(call, where, headers, read=True)


def _put_object(call: Call, where: Where, headers: Any) -> list[Call]:
    return _object(call, where, headers, read=False)


def _stream(call: Call, where: Where, _: Any) -> list[Call]:
    name = call.resource.rpartition("/")[2]
    stream = kinesis_backends[where.account][where.region].streams.get(name)
    if stream is None or stream.encryption_type != "KMS":
        return []
    actions = READ if call.action == "kinesis:GetRecords" else WRITE
    return _uses(
        call, where, "kinesis", key=stream.key_id, actions=actions, context={"aws:kinesis:arn": call.resource}
    )


def _topic(call: Call, where: Where, _: Any) -> list[Call]:
    topic = sns_backends[where.account][where.region].topics.get(call.resource)
    if topic is None:
        return []
    context = {"aws:sns:topicArn": call.resource}
    return _uses(call, where, "sns", key=topic.kms_master_key_id, actions=(*WRITE, *READ), context=context)


def _queue(call: Call, where: Where, _: Any) -> list[Call]:
    queue = sqs_backends[where.account][where.region].queues.get(call.resource.rpartition(":")[2])
    if queue is None:
        return []
    actions = (*WRITE, *READ) if call.action == "sqs:SendMessage" else READ
    return _uses(
        call, where, "sqs", key=queue.kms_master_key_id, actions=actions, context={"aws:sqs:arn": call.resource}
    )


def _log_group(call: Call, where: Where, _: Any) -> list[Call]:
    group = logs_backends[where.account][where.region].groups.get(call.resource.split(":")[6])
    if group is None:
        return []
    logs = service_caller(f"logs.{where.region}.amazonaws.com", where.account, group.arn)
    used = Call(Caller(logs.principal, logs.session, logs.context), call.action, call.resource, via=call.via)
    return _uses(used, where, "logs", key=group.kms_key_id, actions=WRITE, context={"aws:logs:arn": group.arn})


_READERS = {
    "s3:GetObject": _get_object,
    "s3:PutObject": _put_object,
    "kinesis:GetRecords": _stream,
    "kinesis:PutRecord": _stream,
    "kinesis:PutRecords": _stream,
    "sns:Publish": _topic,
    "sqs:SendMessage": _queue,
    "sqs:ReceiveMessage": _queue,
    "logs:PutLogEvents": _log_group,
}
