"""Functions, versions, aliases, layers and permissions are kept as they were set, and refuse what Lambda refuses."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud

Deploy = Callable[..., str]
Call = Callable[..., tuple[Any, str | None]]
Zipped = Callable[[dict[str, str]], bytes]
HANDLER = "def handler(event, context):\n    return {text!r}\n"

PROPERTIES: dict[str, Any] = {
    "Description": "what it does",
    "Timeout": 7,
    "MemorySize": 192,
    "Environment": {"Variables": {"AA": "1"}},
    "TracingConfig": {"Mode": "Active"},
    "Architectures": ["arm64"],
    "EphemeralStorage": {"Size": 1024},
    "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k",
    "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/g", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN"},
}


def test_every_property_is_read_back(deploy: Deploy, cloud: LocalCloud) -> None:
    name = deploy(HANDLER, **PROPERTIES, SnapStart={"ApplyOn": "PublishedVersions"})
    found = cloud.client("lambda").get_function_configuration(FunctionName=name)
    for key, value in PROPERTIES.items():
        assert found[key] == value, key
    assert found["SnapStart"]["ApplyOn"] == "PublishedVersions"
    assert found["State"] == "Active"


def test_every_property_can_be_updated(deploy: Deploy, cloud: LocalCloud) -> None:
    name = deploy(HANDLER)
    client = cloud.client("lambda")
    before = client.get_function_configuration(FunctionName=name)["RevisionId"]
    updates = {key: value for key, value in PROPERTIES.items() if key != "Architectures"}
    client.update_function_configuration(FunctionName=name, **updates, Handler="other.handler")
    found = client.get_function_configuration(FunctionName=name)
    for key, value in updates.items():
        assert found[key] == value, key
    assert found["Handler"] == "other.handler"
    assert found["RevisionId"] != before
    client.update_function_configuration(FunctionName=name, Environment={})
    assert "Environment" not in client.get_function_configuration(FunctionName=name)


def test_tags_and_permissions(deploy: Deploy, cloud: LocalCloud) -> None:
    client = cloud.client("lambda")
    name = deploy(HANDLER, Tags={"a": "1"})
    arn = client.get_function_configuration(FunctionName=name)["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    client.add_permission(
        FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="firehose.amazonaws.com"
    )
    assert "firehose.amazonaws.com" in client.get_policy(FunctionName=name)["Policy"]
    client.remove_permission(FunctionName=name, StatementId="s")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_policy(FunctionName=name)


def test_versions_keep_their_code_and_aliases_point_at_them(
    deploy: Deploy, call: Call, cloud: LocalCloud, zipped: Zipped
) -> None:
    client = cloud.client("lambda")
    name = deploy(HANDLER.format(text="one"))
    assert client.publish_version(FunctionName=name)["Version"] == "1"
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.update_function_code(FunctionName=name, ZipFile=zipped({"index.py": HANDLER.format(text="two")}))
    assert client.publish_version(FunctionName=name)["Version"] == "2"
    assert call(name, Qualifier="1")[0] == "one"
    assert call(name, Qualifier="live")[0] == "one"
    assert call(name)[0] == "two"
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert call(f"{name}:live")[0] == "two"
    assert client.invoke(FunctionName=name, Qualifier="live")["ExecutedVersion"] == "2"
    client.delete_alias(FunctionName=name, Name="live")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        call(name, Qualifier="live")


def test_an_alias_spreads_requests_by_weight(
    deploy: Deploy, call: Call, cloud: LocalCloud, zipped: Zipped, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = cloud.client("lambda")
    name = deploy(HANDLER.format(text="one"))
    client.publish_version(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=zipped({"index.py": HANDLER.format(text="two")}))
    client.publish_version(FunctionName=name)
    weights = {"AdditionalVersionWeights": {"2": 0.3}}
    arn = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)["AliasArn"]
    for point, expected in ((0.29, "two"), (0.31, "one")):
        monkeypatch.setattr("localcloud.lambda_.invoke_api.random.random", lambda point=point: point)
        assert [call(target)[0] for target in (f"{name}:live", arn)] == [expected, expected]
        assert call(name, Qualifier="live")[0] == expected
        assert call(name)[0] == "two"


def test_a_version_number_is_never_used_again(deploy: Deploy, call: Call, cloud: LocalCloud, zipped: Zipped) -> None:
    client = cloud.client("lambda")
    name = deploy(HANDLER.format(text="1"))
    numbers = [client.publish_version(FunctionName=name)["Version"]]
    for text in ("2", "3"):
        client.update_function_code(FunctionName=name, ZipFile=zipped({"index.py": HANDLER.format(text=text)}))
        numbers.append(client.publish_version(FunctionName=name)["Version"])
        client.delete_function(FunctionName=name, Qualifier=numbers[-2])
    assert numbers == ["1", "2", "3"]
    assert call(name, Qualifier="3")[0] == "3"
    versions = client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [v["Version"] for v in versions] == ["$LATEST", "3"]


def test_layers_are_on_the_path_later_ones_first(
    deploy: Deploy, call: Call, cloud: LocalCloud, zipped: Zipped
) -> None:
    client = cloud.client("lambda")
    arns = []
    for number, files in enumerate(
        [
            {"python/shared.py": "value = 'first'", "python/lib/python3.13/site-packages/deep.py": "value = 'deep'"},
            {"python/shared.py": "value = 'second'"},
        ]
    ):
        content = {"ZipFile": zipped(files)}
        arns.append(client.publish_layer_version(LayerName=f"layer{number}", Content=content)["LayerVersionArn"])
    code = "import shared, deep\ndef handler(e, c):\n    return [shared.value, deep.value]\n"
    name = deploy(code, Layers=arns)
    assert call(name)[0] == ["second", "deep"]
    found = client.get_function_configuration(FunctionName=name)["Layers"]
    assert [layer["Arn"] for layer in found] == arns
    client.update_function_configuration(FunctionName=name, Layers=arns[:1])
    assert call(name)[0] == ["first", "deep"]
    with pytest.raises(ClientError, match="LayerVersion does not exist"):
        deploy(code, "other", Layers=["arn:aws:lambda:us-east-1:336392948345:layer:AWSSDKPandas-Python313:9"])


def test_code_comes_from_s3(deploy: Deploy, call: Call, cloud: LocalCloud, zipped: Zipped) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="artifacts")
    package = io.BytesIO(zipped({"index.py": HANDLER.format(text="from s3")}))
    s3.put_object(Bucket="artifacts", Key="code.zip", Body=package)
    assert call(deploy("", Code={"S3Bucket": "artifacts", "S3Key": "code.zip"}))[0] == "from s3"


@pytest.mark.parametrize(
    ("properties", "code", "text"),
    [
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException", "Could not unzip uploaded file"),
        ({"Code": {"S3Bucket": "none", "S3Key": "k"}}, "InvalidParameterValueException", "NoSuchBucket"),
        ({"Code": {"S3Bucket": "there", "S3Key": "k"}}, "InvalidParameterValueException", "NoSuchKey"),
        ({"Timeout": 901}, "InvalidParameterValueException", "less than or equal to 900"),
        ({"MemorySize": 10241}, "InvalidParameterValueException", "less than or equal to 10240"),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x", "OK": "y"}}},
            "InvalidParameterValueException",
            "Reserved keys used in this request: AWS_REGION",
        ),
        ({"Role": "arn:aws:iam::123456789012:role/none"}, "InvalidParameterValueException", "cannot be assumed"),
    ],
)
def test_bad_functions_are_refused(
    deploy: Deploy, cloud: LocalCloud, properties: dict[str, Any], code: str, text: str
) -> None:
    cloud.client("s3").create_bucket(Bucket="there")
    with pytest.raises(ClientError) as error:
        deploy(HANDLER, **properties)
    assert error.value.response["Error"]["Code"] == code
    assert text in error.value.response["Error"]["Message"]
    assert cloud.client("lambda").list_functions()["Functions"] == []


def test_code_has_limits_and_a_refused_one_changes_nothing(
    deploy: Deploy, call: Call, cloud: LocalCloud, zipped: Zipped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localcloud.lambda_.functions.UNZIPPED", 1_000)
    client = cloud.client("lambda")

    def padded(size: int) -> bytes:
        code = HANDLER.format(text="fine")
        return zipped({"index.py": code, "more": "x" * (size - len(code))})

    def refused(operation: str, **given: Any) -> str:
        with pytest.raises(ClientError) as error:
            getattr(client, operation)(**given)
        assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"
        message: str = error.value.response["Error"]["Message"]
        return message

    with pytest.raises(ClientError, match="Unzipped size must be smaller than 1000 bytes"):
        deploy("", "large", Code={"ZipFile": padded(1_001)})
    too_large = {"LayerName": "large", "Content": {"ZipFile": padded(1_001)}}
    assert refused("publish_layer_version", **too_large) == "Unzipped size must be smaller than 1000 bytes"
    assert client.list_layers()["Layers"] == []
    layer = client.publish_layer_version(LayerName="more", Content={"ZipFile": padded(600)})["LayerVersionArn"]
    with pytest.raises(ClientError, match="Unzipped size must be smaller than 400 bytes"):
        deploy("", "large", Code={"ZipFile": padded(500)}, Layers=[layer])

    name = deploy("", Code={"ZipFile": padded(500)})
    assert refused("update_function_configuration", FunctionName=name, Layers=[layer]) == (
        "Function code combined with layers exceeds the maximum allowed size of 1000 bytes. "
        "The actual size is 1100 bytes."
    )
    for archive in (
        padded(1_001),
        b"no zip",
        zipped({"../index.py": ""}),
        zipped({"index.py": "", "index.py/a": ""}),
    ):
        refused("update_function_code", FunctionName=name, ZipFile=archive)
    assert not client.get_function_configuration(FunctionName=name).get("Layers")
    assert call(name)[0] == "fine"
