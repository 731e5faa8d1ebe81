"""Budgets."""

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType


def _named(resource: Resource, properties: Properties) -> Properties:
    budget = {"BudgetName": resource.name, **properties["Budget"]}
    return {**properties, "AccountId": resource.account, "Budget": budget}


def _name(resource: Resource) -> str:
    return str(resource.properties["Budget"].get("BudgetName", resource.name))


TYPES = {
    "Budgets::Budget": ResourceType(
        service="budgets",
        key=lambda resource: {"AccountId": resource.account, "BudgetName": resource.physical_id},
        prepare=_named,
        create=Call(operation="CreateBudget"),
        identifier=_name,
        update=Call(operation="UpdateBudget", rename={"Budget": "NewBudget"}),
        delete="DeleteBudget",
    ),
}
