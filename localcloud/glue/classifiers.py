"""Custom classifiers: those for CSV are used by crawlers; others are refused. moto has no classifiers."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from moto.glue.models import GlueBackend
from moto.glue.responses import GlueResponse

from localcloud.glue.state import page, state
from localcloud.patching import add
from localcloud.unsupported import NotImplementedLocallyError


@add(GlueResponse, "create_classifier")
def create_classifier(self: Any) -> ActionResult:
    """CreateClassifier, of CsvClassifier only."""
    wanted = _csv(self.parameters, "CreateClassifier")
    classifiers = state(self.glue_backend).classifiers
    if wanted["Name"] in classifiers:
        raise AlreadyExistsException("Classifier")
    classifiers[wanted["Name"]] = {**wanted, "CreationTime": utcnow(), "LastUpdated": utcnow(), "Version": 1}
    return EmptyResult()


@add(GlueResponse, "update_classifier")
def update_classifier(self: Any) -> ActionResult:
    """UpdateClassifier: what is not given stays."""
    wanted = _csv(self.parameters, "UpdateClassifier")
    found = _find(self.glue_backend, wanted["Name"])
    found.update({**wanted, "LastUpdated": utcnow(), "Version": found["Version"] + 1})
    return EmptyResult()


@add(GlueResponse, "get_classifier")
def get_classifier(self: Any) -> ActionResult:
    return ActionResult({"Classifier": {"CsvClassifier": _find(self.glue_backend, self.parameters["Name"])}})


@add(GlueResponse, "get_classifiers")
def get_classifiers(self: Any) -> ActionResult:
    found = [{"CsvClassifier": classifier} for classifier in state(self.glue_backend).classifiers.values()]
    return ActionResult(page(self.parameters, "Classifiers", found))


@add(GlueResponse, "delete_classifier")
def delete_classifier(self: Any) -> ActionResult:
    del state(self.glue_backend).classifiers[_find(self.glue_backend, self.parameters["Name"])["Name"]]
    return EmptyResult()


def find_classifier(of: GlueBackend, names: list[str]) -> dict[str, Any] | None:
    """The first classifier that a crawler names; Glue tries them in order, and all are for CSV here."""
    return _find(of, names[0]) if names else None


def _find(of: GlueBackend, name: str) -> dict[str, Any]:
    found = state(of).classifiers.get(name)
    if found is None:
        raise EntityNotFoundException(f"Classifier {name} not found")
    return found


def _csv(request: dict[str, Any], operation: str) -> dict[str, Any]:
    for kind in request.keys() - {"CsvClassifier"}:
        raise NotImplementedLocallyError("glue", f"{operation} with {kind}")
    if "CsvClassifier" not in request:
        raise InvalidInputException(operation, "a classifier is required")
    wanted: dict[str, Any] = request["CsvClassifier"]
    if wanted.get("CustomDatatypeConfigured"):
        raise NotImplementedLocallyError("glue", f"{operation} with CustomDatatypes")
    return wanted
