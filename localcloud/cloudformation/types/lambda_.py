"""Lambda: functions, versions, aliases, permissions, layers, asynchronous invocation."""

import io
import zipfile
from typing import Any

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by, by_arn

# What UpdateFunctionConfiguration takes for "not set"
# (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html)
UNSET: Properties = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "FileSystemConfigs": [],
    "KmsKeyArn": "",
    "Layers": [],
    "LoggingConfig": {"LogFormat": "Text"},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the same code makes the same archive


def _with_archive(_: Resource, properties: Properties) -> Properties:
    """Source code in the template is put into an archive as ``index``.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-lambda-function-code.html
    """
    code = properties["Code"]
    if "ZipFile" in code:
        suffix = "js" if "node" in properties.get("Runtime", "") else "py"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            entry = zipfile.ZipInfo(f"index.{suffix}", ZIP_DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, code["ZipFile"])
        properties["Code"] = {**code, "ZipFile": buffer.getvalue()}
    return properties


def _update_code(resource: Resource, new: Properties, _: Properties) -> None:
    where = resource.fitted("CreateFunction", "Code", new["Code"])
    architectures = {"Architectures": new["Architectures"]} if "Architectures" in new else {}
    resource.call("UpdateFunctionCode", FunctionName=resource.physical_id, **where, **architectures)


def _routing(_: Resource, properties: Properties) -> Properties:
    if "RoutingConfig" in properties:
        weights: list[Any] = properties["RoutingConfig"].get("AdditionalVersionWeights", [])
        properties["RoutingConfig"] = {
            "AdditionalVersionWeights": {item["FunctionVersion"]: item["FunctionWeight"] for item in weights}
        }
    return properties


def _statement(resource: Resource, properties: Properties) -> Properties:
    return {**properties, "StatementId": resource.name}


def _unqualified(_: Resource, properties: Properties) -> Properties:
    if properties["Qualifier"] != "$LATEST":
        raise StackError(
            "AWS::Lambda::EventInvokeConfig: the local cloud keeps one configuration a function, of $LATEST"
        )
    return properties


def _layer_key(resource: Resource) -> Properties:
    name, _, version = str(resource.physical_id).rpartition(":")
    return {"LayerName": name, "VersionNumber": int(version)}


TYPES = {
    "Lambda::Function": ResourceType(
        service="lambda",
        name="FunctionName",
        key=by("FunctionName"),
        prepare=_with_archive,
        create=Call(operation="CreateFunction"),
        update=Call(operation="UpdateFunctionConfiguration", reset=UNSET),
        settings=(
            Setting(properties=("Code", "Architectures"), apply=_update_code, on_create=False),
            Setting(
                properties=("ReservedConcurrentExecutions",),
                put="PutFunctionConcurrency",
                remove="DeleteFunctionConcurrency",
            ),
        ),
        delete="DeleteFunction",
        tags=Tagging(add="TagResource", remove="UntagResource", key=by_arn("Resource")),
        read="GetFunction",
        attributes={"Arn": "Configuration.FunctionArn"},
    ),
    "Lambda::Version": ResourceType(
        service="lambda",
        key=lambda resource: {
            "FunctionName": resource.properties["FunctionName"],
            "Qualifier": resource.answer["Version"],
        },
        create=Call(operation="PublishVersion"),
        identifier="FunctionArn",
        delete="DeleteFunction",
        attributes={"Version": lambda resource: resource.answer["Version"], "FunctionArn": "{id}"},
    ),
    "Lambda::Alias": ResourceType(
        service="lambda",
        key=lambda resource: {
            "FunctionName": resource.properties["FunctionName"],
            "Name": resource.properties["Name"],
        },
        prepare=_routing,
        create=Call(operation="CreateAlias"),
        identifier="AliasArn",
        update=Call(
            operation="UpdateAlias",
            reset={"Description": "", "RoutingConfig": {"AdditionalVersionWeights": {}}},
        ),
        delete="DeleteAlias",
        attributes={"AliasArn": "{id}"},
    ),
    "Lambda::Permission": ResourceType(
        service="lambda",
        key=lambda resource: {
            "FunctionName": resource.properties["FunctionName"],
            "StatementId": resource.physical_id,
        },
        prepare=_statement,
        create=Call(operation="AddPermission"),
        delete="RemovePermission",
        attributes={"Id": "{id}"},
    ),
    "Lambda::LayerVersion": ResourceType(
        service="lambda",
        name="LayerName",
        key=_layer_key,
        create=Call(operation="PublishLayerVersion"),
        identifier="LayerVersionArn",
        delete="DeleteLayerVersion",
        attributes={"LayerVersionArn": "{id}"},
    ),
    "Lambda::EventInvokeConfig": ResourceType(
        service="lambda",
        key=lambda resource: {
            "FunctionName": resource.properties["FunctionName"],
            "Qualifier": resource.properties["Qualifier"],
        },
        prepare=_unqualified,
        create=Call(operation="PutFunctionEventInvokeConfig"),
        update=Call(operation="PutFunctionEventInvokeConfig"),
        delete="DeleteFunctionEventInvokeConfig",
    ),
}
