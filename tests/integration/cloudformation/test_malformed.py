"""Malformed templates through the API: a ValidationError, no stack, and the cloud goes on."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.cloudformation.conftest import Stacks
from tests.unit.cloudformation.test_malformed_templates import MALFORMED, TEXTS

QUEUE = {"Type": "AWS::SQS::Queue"}


def refused(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**given)
    error = refusal.value.response["Error"]
    assert error["Code"] == "ValidationError", error
    return str(error["Message"])


def test_every_operation_that_takes_a_template_refuses_it(stacks: Stacks) -> None:
    client = stacks.client
    stacks.create({"Resources": {"Q": QUEUE}}, name="whole")
    bodies = [json.dumps(template) for template, _ in MALFORMED[::9]] + [text for text, _ in TEXTS[:-4:5]]
    for body in (text for text in bodies if len(text) < 51_200):
        refused(client.create_stack, StackName="none", TemplateBody=body)
        refused(client.update_stack, StackName="whole", TemplateBody=body)
        refused(client.create_change_set, StackName="whole", ChangeSetName="c", TemplateBody=body)
    for body in ('{"Resources": [1]}', '{"Resources": {"A": {"Type": 1}}}', '{"Parameters": {"P": 1}}', "[", "x"):
        refused(client.validate_template, TemplateBody=body)
        refused(client.get_template_summary, TemplateBody=body)
    assert [stack["StackName"] for stack in client.describe_stacks()["Stacks"]] == ["whole"]
    assert stacks.describe("whole")["StackStatus"] == "CREATE_COMPLETE"


def test_templates_have_a_size(stacks: Stacks, cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="templates")
    whole = json.dumps({"Resources": {"Q": QUEUE}, "Metadata": {"x": "x" * 60_000}})
    assert "Member must have length less than or equal to 51200" in refused(
        stacks.client.create_stack, StackName="stack", TemplateBody=whole
    )
    s3.put_object(Bucket="templates", Key="big.json", Body=json.dumps({"Resources": {}, "Metadata": "x" * 1_000_001}))
    s3.put_object(Bucket="templates", Key="latin.json", Body=b'{"Description": "\xff"}')
    for key, message in (
        ("big.json", "Template may not exceed 1000000 bytes in size."),
        ("latin.json", "Template format error: unsupported structure."),
        ("none.json", "S3 error: The specified key does not exist."),
    ):
        url = f"{cloud.endpoint}/templates/{key}"
        assert refused(stacks.client.create_stack, StackName="stack", TemplateURL=url) == message
    for url in ("file:///etc/passwd", "templates", f"{cloud.endpoint}/nowhere/x", cloud.endpoint, "http://[x"):
        assert refused(stacks.client.create_stack, StackName="stack", TemplateURL=url)
    s3.put_object(Bucket="templates", Key="whole.json", Body=whole)
    stacks.client.create_stack(StackName="stack", TemplateURL=f"{cloud.endpoint}/templates/whole.json")
    assert stacks.describe()["StackStatus"] == "CREATE_COMPLETE"
