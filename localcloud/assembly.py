"""Deploy a synthesized CDK app through the CloudFormation API, as `cdk deploy --all` does.

The cloud assembly is what `cdk synth` writes: templates, assets, and a manifest that says where each goes
(https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html). Assets are published to the bootstrap bucket and
every stack is created or updated in the order of its dependencies.
"""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

BOOTSTRAP_VERSION = "30"  # of CDK CLI 2.1148; stacks of the default synthesizer require at least 6
BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
POLL_SECONDS = 0.1
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class Target(Protocol):
    """Where to deploy: a `LocalCloud`, or whatever has its clients."""

    @property
    def endpoint(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def account(self) -> str: ...

    def client(self, service: str) -> Any: ...


class DeploymentError(RuntimeError):
    """A stack did not reach its state; the message carries the failed resources and their reasons."""


@dataclass(frozen=True)
class StackArtifact:
    """One stack of the assembly."""

    name: str
    template: Path
    assets: dict[str, Any]
    depends_on: tuple[str, ...]
    tags: dict[str, str]

    @property
    def resource_count(self) -> int:
        """Resources in the template, CDK's own metadata aside."""
        resources = json.loads(self.template.read_text("utf-8"))["Resources"].values()
        return sum(resource["Type"] != "AWS::CDK::Metadata" for resource in resources)


Progress = Callable[[str, int, int, str], None]  # stack name, resources done, resources in all, status


def read_assembly(folder: Path) -> list[StackArtifact]:
    """The stacks of ``folder`` (``cdk.out``), dependencies first."""
    artifacts = json.loads((folder / "manifest.json").read_text("utf-8"))["artifacts"]
    stacks: dict[str, StackArtifact] = {}

    def visit(key: str) -> None:
        artifact = artifacts[key]
        if artifact["type"] != "aws:cloudformation:stack" or key in stacks:
            return
        dependencies = artifact.get("dependencies", ())
        for dependency in dependencies:
            visit(dependency)
        assets: dict[str, Any] = {}
        for dependency in dependencies:
            if artifacts[dependency]["type"] == "cdk:asset-manifest":
                file = folder / artifacts[dependency]["properties"]["file"]
                assets.update(json.loads(file.read_text("utf-8"))["files"])
        stacks[key] = StackArtifact(
            name=artifact["properties"].get("stackName", key),
            template=folder / artifact["properties"]["templateFile"],
            assets=assets,
            depends_on=tuple(item for item in dependencies if item in stacks),
            tags=artifact["properties"].get("tags", {}),
        )

    for key in artifacts:
        visit(key)
    return list(stacks.values())


def bootstrap(target: Target) -> None:
    """What `cdk bootstrap` leaves that a deployment needs: the asset bucket and the version parameter."""
    bucket = f"cdk-hnb659fds-assets-{target.account}-{target.region}"
    where = {} if target.region == "us-east-1" else {"LocationConstraint": target.region}
    try:
        target.client("s3").create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    target.client("ssm").put_parameter(
        Name=BOOTSTRAP_PARAMETER, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )


def deploy(folder: Path, target: Target, progress: Progress | None = None) -> dict[str, dict[str, str]]:
    """Publish the assets of every stack and deploy it; returns ``{stack name: {output key: value}}``.

    Raises:
        DeploymentError: a stack failed; CloudFormation has rolled it back.
    """
    bootstrap(target)
    outputs: dict[str, dict[str, str]] = {}
    for stack in read_assembly(folder):
        template_url = ""
        for asset in stack.assets.values():
            url = _publish(asset, folder, target)
            if folder / asset["source"]["path"] == stack.template:
                template_url = url
        outputs[stack.name] = _deploy_stack(stack, template_url, target, progress or (lambda *_: None))
    return outputs


def _publish(asset: dict[str, Any], folder: Path, target: Target) -> str:
    (destination,) = asset["destinations"].values()
    bucket, key = (
        destination[item]
        .replace("${AWS::AccountId}", target.account)
        .replace("${AWS::Region}", target.region)
        .replace("${AWS::Partition}", "aws")
        for item in ("bucketName", "objectKey")
    )
    s3 = target.client("s3")
    try:
        s3.head_object(Bucket=bucket, Key=key)  # the key holds the hash of the content
    except ClientError:
        source = folder / asset["source"]["path"]
        body = _zip(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    return f"{target.endpoint}/{bucket}/{key}"


def _zip(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), ZIP_DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def _deploy_stack(stack: StackArtifact, url: str, target: Target, progress: Progress) -> dict[str, str]:
    client = target.client("cloudformation")
    request = {
        "StackName": stack.name,
        "TemplateURL": url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Tags": [{"Key": name, "Value": value} for name, value in stack.tags.items()],
    }
    seen = {event["EventId"] for event in _events(client, stack.name)}
    progress(stack.name, 0, stack.resource_count, "IN_PROGRESS")
    with ThreadPoolExecutor(max_workers=1) as pool:  # the local endpoint answers when a short operation is over
        operation = pool.submit(client.update_stack if seen else client.create_stack, **request)
        while not operation.done():
            _report(client, stack, progress)
            time.sleep(POLL_SECONDS)
    try:
        operation.result()
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    while (status := _report(client, stack, progress)).endswith("_IN_PROGRESS"):
        time.sleep(POLL_SECONDS)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        reasons = [
            f"{event['LogicalResourceId']} ({event['ResourceType']}): {event['ResourceStatusReason']}"
            for event in _events(client, stack.name)
            if event["EventId"] not in seen
            and event["ResourceStatus"].endswith("_FAILED")
            and event.get("ResourceStatusReason")
        ]
        raise DeploymentError(f"{stack.name} is {status}: " + "; ".join(reversed(reasons)))
    (description,) = client.describe_stacks(StackName=stack.name)["Stacks"]
    return {item["OutputKey"]: item["OutputValue"] for item in description.get("Outputs", ())}


def _report(client: Any, stack: StackArtifact, progress: Progress) -> str:
    """Tell ``progress`` how far the stack is; returns its status."""
    try:
        (description,) = client.describe_stacks(StackName=stack.name)["Stacks"]
        resources = client.describe_stack_resources(StackName=stack.name)["StackResources"]
    except ClientError as error:
        if "does not exist" not in str(error):  # the operation has not begun
            raise
        return "CREATE_IN_PROGRESS"
    done = sum(resource["ResourceStatus"].endswith("_COMPLETE") for resource in resources)
    status: str = description["StackStatus"]
    progress(stack.name, done, stack.resource_count, status)
    return status


def _events(client: Any, name: str) -> Iterator[dict[str, Any]]:
    try:
        for page in client.get_paginator("describe_stack_events").paginate(StackName=name):
            yield from page["StackEvents"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
