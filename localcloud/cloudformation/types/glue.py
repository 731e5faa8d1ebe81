"""Glue: the catalog, crawlers, jobs, triggers, workflows, data quality, security configurations."""

from collections.abc import Callable

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, Key, ResourceType, Tagging, by

Prepare = Callable[[Resource, Properties], Properties]


def _arn(kind: str) -> Key:
    return lambda resource: {
        "ResourceArn": f"arn:aws:glue:{resource.region}:{resource.account}:{kind}/{resource.physical_id}"
    }


def _tagging(kind: str) -> Tagging:
    return Tagging(add="TagResource", remove="UntagResource", key=_arn(kind))


def _name_inside(member: str, *alternatives: str) -> Callable[[Resource], str]:
    """The name is in the input of the create call, or in a property beside it, or made up."""

    def name(resource: Resource) -> str:
        properties = resource.properties
        given = properties.get(member, {}).get("Name") or next(filter(None, map(properties.get, alternatives)), None)
        return str(given or resource.name.lower())

    return name


def _with_name(member: str, name: Callable[[Resource], str]) -> Prepare:
    return lambda resource, properties: {
        **properties,
        member: {**properties.get(member, {}), "Name": name(resource)},
    }


def _classifier_name(resource: Resource) -> str:
    """The name is inside whichever kind of classifier it is."""
    (kind,) = resource.properties
    return str(resource.properties[kind].get("Name", resource.name))


def _classifier(resource: Resource, properties: Properties) -> Properties:
    return {kind: {**value, "Name": _classifier_name(resource)} for kind, value in properties.items()}


_database_name = _name_inside("DatabaseInput", "DatabaseName")
_connection_name = _name_inside("ConnectionInput")
_table_name = _name_inside("TableInput", "Name")


def _crawler(_: Resource, properties: Properties) -> Properties:
    if "Schedule" in properties:
        properties["Schedule"] = properties["Schedule"]["ScheduleExpression"]
    return properties


def _security(_: Resource, properties: Properties) -> Properties:
    encryption = dict(properties["EncryptionConfiguration"])
    if "S3Encryptions" in encryption:
        encryption["S3Encryption"] = encryption.pop("S3Encryptions")
    return {**properties, "EncryptionConfiguration": encryption}


TYPES = {
    "Glue::Database": ResourceType(
        service="glue",
        key=by("Name"),
        prepare=_with_name("DatabaseInput", _database_name),
        create=Call(operation="CreateDatabase"),
        identifier=_database_name,
        update=Call(operation="UpdateDatabase"),
        used_elsewhere=("DatabaseName",),
        delete="DeleteDatabase",
    ),
    "Glue::Table": ResourceType(
        service="glue",
        key=lambda resource: {
            "DatabaseName": resource.properties["DatabaseName"],
            "Name": resource.physical_id,
        },
        prepare=_with_name("TableInput", _table_name),
        create=Call(operation="CreateTable"),
        identifier=_table_name,
        update=Call(operation="UpdateTable", without=("Name",)),
        used_elsewhere=("Name",),
        delete="DeleteTable",
    ),
    "Glue::Classifier": ResourceType(
        service="glue",
        key=by("Name"),
        prepare=_classifier,
        create=Call(operation="CreateClassifier"),
        identifier=_classifier_name,
        update=Call(operation="UpdateClassifier"),
        delete="DeleteClassifier",
    ),
    "Glue::Crawler": ResourceType(
        service="glue",
        name="Name",
        key=by("Name"),
        prepare=_crawler,
        create=Call(operation="CreateCrawler"),
        update=Call(
            operation="UpdateCrawler",
            reset={"Classifiers": [], "Configuration": "", "Description": "", "Schedule": "", "TablePrefix": ""},
        ),
        delete="DeleteCrawler",
        tags=_tagging("crawler"),
    ),
    "Glue::Job": ResourceType(
        service="glue",
        name="Name",
        key=by("JobName"),
        create=Call(operation="CreateJob"),
        update=Call(operation="UpdateJob", under="JobUpdate"),  # overwrites the whole definition
        delete="DeleteJob",
        tags=_tagging("job"),
    ),
    "Glue::Connection": ResourceType(
        service="glue",
        key=lambda resource: {"Name": resource.physical_id, "ConnectionName": resource.physical_id},
        prepare=_with_name("ConnectionInput", _connection_name),
        create=Call(operation="CreateConnection"),
        identifier=_connection_name,
        update=Call(operation="UpdateConnection"),
        delete="DeleteConnection",
        tags=_tagging("connection"),
        attributes={"Name": "{id}"},
    ),
    "Glue::Trigger": ResourceType(
        service="glue",
        name="Name",
        key=by("Name"),
        create=Call(operation="CreateTrigger"),
        update=Call(operation="UpdateTrigger", under="TriggerUpdate"),
        delete="DeleteTrigger",
        tags=_tagging("trigger"),
        one_at_a_time="WorkflowName",
    ),
    "Glue::Workflow": ResourceType(
        service="glue",
        name="Name",
        key=by("Name"),
        create=Call(operation="CreateWorkflow"),
        update=Call(operation="UpdateWorkflow"),
        delete="DeleteWorkflow",
        tags=_tagging("workflow"),
    ),
    "Glue::DataQualityRuleset": ResourceType(
        service="glue",
        name="Name",
        key=by("Name"),
        create=Call(operation="CreateDataQualityRuleset"),
        update=Call(operation="UpdateDataQualityRuleset", reset={"Description": ""}),
        delete="DeleteDataQualityRuleset",
        tags=_tagging("dataQualityRuleset"),
    ),
    "Glue::SecurityConfiguration": ResourceType(
        service="glue",
        name="Name",
        key=by("Name"),
        prepare=_security,
        create=Call(operation="CreateSecurityConfiguration"),
        delete="DeleteSecurityConfiguration",
    ),
}
