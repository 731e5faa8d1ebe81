"""What a dataset says of itself to the training and serving scripts, which know no dataset by name.

A dataset is a contract (``contracts/<name>.odcs.yaml``) and a features module, whose ``DATASET`` is one of these. The
scripts take the module's name as a parameter, and the artefacts of a run carry it on to the endpoint.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from numpy.typing import NDArray

from contracts import Column, Table
from contracts.model import ContractError
from processing.encoding import Feature

# Values by column: float64 with NaN for missing, or objects (text) with None for missing. A date is days since
# 1970-01-01, a timestamp seconds since then (UTC), a boolean 0 or 1.
Columns = dict[str, NDArray[Any]]


def _nothing_more(_: Columns) -> Columns:
    return {}


@dataclass(frozen=True)
class Dataset:
    """Which columns of a curated table become which features.

    Attributes:
        contract: name of the contract that the table is of.
        table: the curated table; exactly one of its columns is marked ``label``.
        inputs: columns that the features are made of, and so what a request carries.
        features: the features, in the order of the model's columns.
        derive: further columns from the (imputed) inputs, row by row: the same function for training and serving.
        groups: inputs by whose values predictions are compared for fairness.
        baseline: inputs or derived columns whose mean label is the prediction to beat ("could it be if/then?").
        order_by: input that orders the rows in time; None for data without time.
        known_by: for a column of names (an airport), the input that is there when reference data knows the name. A
            name that is neither known to training nor to reference data is refused by the endpoint.
        regression_target: number to predict when the objective is a regression.
        decision: what answers call the predicted class.
        asked_when: SQL that is true of the curated rows that a prediction would have been asked for; None for all.
        suspicious_auc: an AUC that honest features cannot reach on this data: it means a leak.

    Raises:
        ContractError: a column that the table lacks, or one that is only known after the prediction (``leaks``).
    """

    contract: str
    table: Table
    inputs: tuple[str, ...]
    features: tuple[Feature, ...]
    derive: Callable[[Columns], Columns] = _nothing_more
    groups: tuple[str, ...] = ()
    baseline: tuple[str, ...] = ()
    order_by: str | None = None
    known_by: Mapping[str, str] = field(default_factory=dict)
    regression_target: str | None = None
    decision: str = "positive"
    asked_when: str | None = None
    suspicious_auc: float = 0.85

    def __post_init__(self) -> None:
        for name in self.inputs:
            column = self._column(name)
            if column.leaks or column.label:
                raise ContractError(f"{self.table.name}.{name} leaks: it is known only after the prediction is made")
        named = {*self.groups, *self.known_by, *self.known_by.values(), *([self.order_by] if self.order_by else [])}
        if stray := sorted(named - set(self.inputs)):
            raise ContractError(f"{self.table.name}: {', '.join(stray)} must be inputs")
        if len([column for column in self.table.columns if column.label]) != 1:
            raise ContractError(f"{self.table.name} must mark one column as its label")

    @property
    def label(self) -> str:
        """Name of the label column."""
        return next(column.name for column in self.table.columns if column.label)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The contract's columns of the inputs, in the order of a CSV request."""
        return tuple(self._column(name) for name in self.inputs)

    def _column(self, name: str) -> Column:
        try:
            return self.table.column(name)
        except KeyError as error:
            raise ContractError(str(error.args[0])) from None


def load_dataset(module: str) -> Dataset:
    """``DATASET`` of the features module called ``module``, such as ``datasets.flights.features``."""
    dataset = getattr(import_module(module), "DATASET", None)
    if not isinstance(dataset, Dataset):
        raise TypeError(f"{module} has no DATASET")
    return dataset
