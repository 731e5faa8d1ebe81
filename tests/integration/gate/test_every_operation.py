"""Every operation of every service that moto has: what is listed is answered, everything else is refused by name."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import moto
import pytest
from moto.core.responses import BaseResponse

from localcloud import LocalCloud, kept
from localcloud.gate.services import model, of_signing_name, services
from tests.integration.gate.minimal import ask, called, environ_of, minimal

# Other names for a request that is listed: S3's older operations, and its list of another kind of buckets
SAME_REQUEST = {
    "s3:GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "s3:GetBucketNotification": "GetBucketNotificationConfiguration",
    "s3:ListDirectoryBuckets": "ListBuckets",
    "s3:PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "s3:PutBucketNotification": "PutBucketNotificationConfiguration",
}


def response_classes(of: type = BaseResponse) -> Iterator[type]:
    children: list[type] = of.__subclasses__()
    for child in children:
        yield child
        yield from response_classes(child)


def moto_services() -> list[str]:
    """boto3's names of the services that any class of moto answers for."""
    for module in pkgutil.iter_modules(moto.__path__):
        if module.ispkg and find_spec(f"moto.{module.name}.responses") is not None:
            import_module(f"moto.{module.name}.responses")
    classes = [cls for cls in response_classes() if cls.__module__.startswith("moto.")]
    named = {
        cls.__module__.split(".")[1]: cls().boto3_service_name for cls in classes if cls.__module__ != "moto.ec2"
    }
    found = {name for name in named.values() if name in services()}
    assert len(found) > 150, "moto names its services differently now"
    return sorted(found | {"es", "timestream-query"})  # classes of other services answer for these two


SERVICES = moto_services()


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_answered_or_refused(session_cloud: LocalCloud, service: str) -> None:
    """A new version of moto, or of botocore, adds operations: they are refused until somebody lists them."""
    listed = kept.operations(service)
    kin = {other.name for other in of_signing_name(services()[service].signing_name)}
    pretended, failed = [], []
    for name in model(service).operation_names:
        operation = model(service).operation_model(name)
        parameters = minimal(operation.input_shape) if operation.input_shape is not None else {}
        request = environ_of(service, operation, parameters)
        status, _, body = ask(session_cloud, request)
        if name in listed or SAME_REQUEST.get(f"{service}:{name}") in listed:
            if called(body) or (status >= 500 and status != 501):  # 501: the operation is done, but not this request
                failed.append(f"{name}: {status} {body!r}")
            continue
        refused = called(body)
        told = refused == f"{service}:{name}" or refused.partition(":")[0] in kin - {service}
        if request["REQUEST_METHOD"] == "OPTIONS" and status == 403:  # a browser's question, which nobody here asks
            continue
        if status != 501 or not (told or request["REQUEST_METHOD"] == "HEAD"):
            pretended.append(f"{name}: {status} {body!r}")
    assert pretended == []
    assert failed == []


def test_what_is_listed_is_in_the_models() -> None:
    for service in kept.tables():
        operations = [name for group in kept.tables()[service] for name in group.operations]
        assert len(operations) == len(set(operations)), f"{service} lists an operation twice"
        assert set(operations) - {"PostObject"} <= set(model(service).operation_names), service
