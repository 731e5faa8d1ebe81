"""Which AWS services there are: botocore's models, found by what a request says of itself.

A request names its service in the credential scope of its signature, by its *signing name*. Several services can share
one (SageMaker's control plane and its runtimes do), and the directory that botocore keeps a model in has yet another
name. Only the first kilobytes of each model are read for that: it holds the metadata.
"""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore
from moto.core.utils import get_service_model

_METADATA = re.compile(rb'"metadata"\s*:\s*(\{.*?\})\s*,\s*"(?:operations|shapes|documentation)"', re.DOTALL)
_HEAD = 16_384  # bytes; the longest metadata has two thousand
_GZIP = 31  # zlib's window bits for a gzip stream


@dataclass(frozen=True)
class Service:
    """What a model says of its service before its operations.

    Attributes:
        name: botocore's, which boto3 clients are made by.
        target: first half of ``X-Amz-Target`` in JSON protocols, or "".
        protocols: that the service speaks, its default first.
    """

    name: str
    signing_name: str
    target: str
    protocols: tuple[str, ...]
    version: str


@cache
def services() -> dict[str, Service]:
    """Every service of botocore, by name."""
    return {service.name: service for service in _read()}


@cache
def of_signing_name(name: str) -> tuple[Service, ...]:
    """The services whose requests are signed for ``name``: the one that is called so, then the newest."""
    newest_first = sorted(services().values(), key=lambda service: service.version, reverse=True)
    found = [service for service in newest_first if service.signing_name == name]
    return tuple(sorted(found, key=lambda service: service.name != name))


@cache
def of_target(target: str) -> tuple[Service, ...]:
    """The services that are called by ``X-Amz-Target: <target>.<operation>``."""
    return tuple(service for service in services().values() if target and service.target == target)


def model(name: str) -> Any:
    """moto's view of botocore's model of a service, loaded once."""
    return get_service_model(name)


def _read() -> Iterator[Service]:
    for folder in sorted((Path(botocore.__file__).parent / "data").iterdir()):
        versions = sorted(folder.glob("*/service-2.json.gz"))
        if not versions:
            continue
        with versions[-1].open("rb") as packed:
            head = zlib.decompressobj(_GZIP).decompress(packed.read(_HEAD), _HEAD)
        found = _METADATA.search(head)
        if found is None:
            raise RuntimeError(
                f"{versions[-1]} does not begin with its metadata: this botocore is not the pinned one"
            )
        metadata = json.loads(found[1])
        protocols = metadata.get("protocols") or [metadata["protocol"]]
        if "awsQueryCompatible" in metadata and "query" not in protocols:  # what older SDKs speak with SQS
            protocols = [*protocols, "query"]
        signing_name = metadata.get("signingName", metadata["endpointPrefix"])
        target = metadata.get("targetPrefix", "")
        yield Service(folder.name, signing_name, target, tuple(protocols), metadata["apiVersion"])
