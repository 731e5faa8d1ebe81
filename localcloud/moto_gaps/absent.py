"""What is not there, and what is not said, as the services answer it: moto falls over both in these operations.

A row is one method of moto: which exception of it means which error. Where AWS's sentence is not known, ours says the
same with the code that the operation's page documents.
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlparse

import moto.sns.models
from moto.awslambda.responses import LambdaResponse
from moto.batch.responses import BatchResponse
from moto.budgets.responses import BudgetsResponse
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.exceptions import ServiceException
from moto.dynamodb.responses import DynamoHandler
from moto.ec2.responses import EC2Response
from moto.ecr.exceptions import RepositoryNotFoundException
from moto.ecr.models import ECRBackend
from moto.glue.responses import GlueResponse
from moto.iam.responses import IamResponse
from moto.kinesis.responses import KinesisResponse
from moto.kms.responses import KmsResponse
from moto.lakeformation.responses import LakeFormationResponse
from moto.s3.exceptions import MissingKey, NoSuchUpload, S3ClientError
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response
from moto.sagemaker.responses import SageMakerResponse
from moto.sns.exceptions import SNSInvalidParameter
from moto.sts.responses import TokenResponse
from werkzeug.exceptions import HTTPException

from localcloud.patching import replace


class AbsentError(ServiceException):  # type: ignore[misc]
    """Raised where moto raised something that is no answer."""


Falls = type[Exception] | tuple[type[Exception], ...]
NO_ITEM: Falls = (KeyError, IndexError)
NO_OBJECT: Falls = AttributeError  # of None
NOT_SAID: Falls = (TypeError, AttributeError)  # None where a value is needed

NOT_PARTIQL = "Statement wasn't well formed, can't be processed"

# Class, method, what it raises, code, sentence with the request's parameters in braces
ROWS: tuple[tuple[Any, str, Falls, str, str], ...] = (
    (BatchResponse, "updateschedulingpolicy", NO_ITEM, "ClientException", "Scheduling policy {arn} does not exist"),
    (BudgetsResponse, "describe_notifications_for_budget", NO_ITEM, "NotFoundException",
     "Unable to get budget: {BudgetName} - the budget doesn't exist."),
    (CloudTrailResponse, "get_insight_selectors", NOT_SAID, "InvalidParameterCombinationException",
     "Specify either TrailName or EventDataStore"),
    (CloudTrailResponse, "put_insight_selectors", NOT_SAID, "InvalidParameterCombinationException",
     "Specify either TrailName or EventDataStore"),
    (DynamoHandler, "create_table", KeyError, "ValidationException",
     "1 validation error detected: Value null at 'keySchema' failed to satisfy constraint: Member must not be null"),
    (DynamoHandler, "describe_import", NO_ITEM, "ImportNotFoundException", "Import not found: {ImportArn}"),
    (DynamoHandler, "execute_statement", Exception, "ValidationException", NOT_PARTIQL),
    (DynamoHandler, "execute_transaction", Exception, "ValidationException", NOT_PARTIQL),
    (DynamoHandler, "batch_execute_statement", Exception, "ValidationException", NOT_PARTIQL),
    (DynamoHandler, "transact_write_items", IndexError, "ValidationException",
     "TransactItems can only contain one of Check, Put, Update or Delete"),
    (EC2Response, "delete_managed_prefix_list", NO_OBJECT, "InvalidPrefixListID.NotFound",
     "The prefix list ID '{PrefixListId}' does not exist."),
    (EC2Response, "modify_managed_prefix_list", NO_OBJECT, "InvalidPrefixListID.NotFound",
     "The prefix list ID '{PrefixListId}' does not exist."),
    (EC2Response, "delete_nat_gateway", NO_OBJECT, "NatGatewayNotFound", "NatGateway {NatGatewayId} was not found"),
    (EC2Response, "modify_security_group_rules", KeyError, "MissingParameter",
     "The request must contain the parameter SecurityGroupRule"),
    (EC2Response, "replace_network_acl_association", StopIteration, "InvalidAssociationID.NotFound",
     "The association ID '{AssociationId}' does not exist"),
    (GlueResponse, "get_registry", NO_ITEM, "EntityNotFoundException",
     "Registry is not found. RegistryName: default-registry, RegistryArn: null"),
    (IamResponse, "create_service_linked_role", IndexError, "InvalidInput",
     "{AWSServiceName} is not the name of a service"),
    (KinesisResponse, "get_records", ValueError, "InvalidArgumentException", "Invalid ShardIterator."),
    (KinesisResponse, "get_shard_iterator", NOT_SAID, "InvalidArgumentException",
     "{ShardIteratorType} needs a StartingSequenceNumber or a Timestamp"),
    (KinesisResponse, "list_stream_consumers", NO_OBJECT, "ResourceNotFoundException",
     "Stream {StreamARN} not found."),
    (KinesisResponse, "register_stream_consumer", NO_OBJECT, "ResourceNotFoundException",
     "Stream {StreamARN} not found."),
    (KinesisResponse, "update_stream_mode", NO_OBJECT, "ResourceNotFoundException", "Stream {StreamARN} not found."),
    (KmsResponse, "create_grant", NO_ITEM, "NotFoundException", "Invalid keyId '{KeyId}'"),
    (KmsResponse, "list_grants", NO_ITEM, "NotFoundException", "Invalid keyId '{KeyId}'"),
    (KmsResponse, "revoke_grant", NO_ITEM, "NotFoundException", "Invalid keyId '{KeyId}'"),
    (KmsResponse, "retire_grant", NOT_SAID, "ValidationException", "Specify a GrantToken, or a KeyId and a GrantId"),
    (KmsResponse, "generate_random", NOT_SAID, "ValidationException", "NumberOfBytes is required."),
    (LakeFormationResponse, "update_lf_tag", NO_ITEM, "EntityNotFoundException", "Tag key {TagKey} does not exist"),
    (LambdaResponse, "create_function", NO_OBJECT, "InvalidParameterValueException",
     "Please provide a source for function code."),
    (SageMakerResponse, "describe_experiment", NO_ITEM, "ResourceNotFound",
     "Could not find experiment '{ExperimentName}'."),
    (TokenResponse, "assume_role_with_saml", ValueError, "InvalidIdentityToken", "Invalid base64 SAMLResponse"),
)  # fmt: skip


class _Given(dict[str, Any]):
    """The parameters of a request, looked up when a sentence names them."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self._response = response

    def __missing__(self, name: str) -> Any:
        return self._response._get_param(name)


def _mend(owner: Any, name: str, falls: Falls, code: str, sentence: str) -> None:
    def answer(self: Any) -> Any:
        try:
            return answer.original(self)  # type: ignore[attr-defined]
        except (ServiceException, HTTPException):  # which are answers
            raise
        except falls:
            raise AbsentError(code, sentence.format_map(_Given(self))) from None

    replace(owner, name, "(self)")(answer)


for _row in ROWS:
    _mend(*_row)


@replace(S3Backend, "upload_part", "(self, bucket_name, multipart_id, part_id, value)")
def upload_part(self: Any, bucket_name: str, multipart_id: str, part_id: int, value: bytes) -> Any:
    """Of an upload that there is."""
    if multipart_id not in self.get_bucket(bucket_name).multiparts:
        raise NoSuchUpload(multipart_id)
    return upload_part.original(self, bucket_name, multipart_id, part_id, value)  # type: ignore[attr-defined]


@replace(
    ECRBackend, "put_image", "(self, repository_name, image_manifest, image_tag, image_manifest_mediatype, digest)"
)
def put_image(self: Any, repository_name: str, *image: Any) -> Any:
    """Into a repository that there is."""
    if repository_name not in self.repositories:
        raise RepositoryNotFoundException(repository_name, self.account_id)
    return put_image.original(self, repository_name, *image)  # type: ignore[attr-defined]


@replace(ECRBackend, "put_registry_scanning_configuration", "(self, scan_type, rules)")
def put_registry_scanning_configuration(self: Any, scan_type: str, rules: Any) -> None:
    """Rules need not be given."""
    put_registry_scanning_configuration.original(self, scan_type, rules or [])  # type: ignore[attr-defined]


@replace(S3Response, "upload_part_copy", "(self)")
def upload_part_copy(self: Any) -> Any:
    """Snapshot of localstack: test_s3_copy_object_preconditions and others name the source so."""
    if "/" not in urlparse(self.headers.get("x-amz-copy-source", "")).path.strip("/"):
        raise S3ClientError("InvalidArgument", "Invalid copy source object key")
    upload = self._get_param("uploadId")
    if upload not in self.backend.get_bucket(self.bucket_name).multiparts:
        raise NoSuchUpload(upload)
    answer = upload_part_copy.original(self)  # type: ignore[attr-defined]
    if answer[0] == HTTPStatus.NOT_FOUND:
        raise MissingKey
    return answer


@replace(moto.sns.models, "parse_arn", "(arn)")
def parse_arn(arn: str | None) -> Any:
    """Snapshot of localstack: test_create_topic… "Invalid parameter: TopicArn Reason: An ARN must have …"."""
    invalid = "Invalid parameter: TopicArn"
    if arn is None:
        raise SNSInvalidParameter(f"{invalid} or TargetArn Reason: no value for required parameter")
    if len(arn.split(":", 5)) < 6:
        count = len(arn.split(":"))
        raise SNSInvalidParameter(f"{invalid} Reason: An ARN must have at least 6 elements, not {count}")
    return parse_arn.original(arn)  # type: ignore[attr-defined]
