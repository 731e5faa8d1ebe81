"""Which rule types there are, and what each takes: https://docs.aws.amazon.com/glue/latest/dg/dqdl.html."""

import re

from .model import DqdlError, Rule, UnsupportedDqdlError

# rule type -> fewest and most parameters, whether a condition is needed (None: may be there), threshold allowed
_SHAPES: dict[str, tuple[int, int, bool | None, bool]] = {
    "RowCount": (0, 0, True, False),
    "ColumnCount": (0, 0, True, False),
    "ColumnExists": (1, 1, False, False),
    "IsComplete": (1, 1, False, False),
    "Completeness": (1, 1, True, False),
    "IsUnique": (1, 1, False, False),
    "Uniqueness": (1, 50, True, False),
    "UniqueValueRatio": (1, 50, True, False),
    "IsPrimaryKey": (1, 50, False, False),
    "ColumnValues": (1, 1, True, True),
    "ColumnDataType": (1, 1, True, True),
    "ColumnLength": (1, 1, True, True),
    "Mean": (1, 1, True, False),
    "Sum": (1, 1, True, False),
    "StandardDeviation": (1, 1, True, False),
    "DistinctValuesCount": (1, 1, True, False),
    "ColumnNamesMatchPattern": (1, 1, False, False),
    "CustomSql": (1, 1, None, True),
}
_AWS_ONLY = frozenset(
    {"AggregateMatch", "ColumnCorrelation", "DataFreshness", "DatasetMatch", "DetectAnomalies", "Entropy",
     "FileFreshness", "FileMatch", "FileSize", "FileUniqueness", "ReferentialIntegrity", "RowCountMatch",
     "SchemaMatch"}
)  # fmt: skip
DATA_TYPES = frozenset({"BOOLEAN", "DATE", "TIMESTAMP", "INTEGER", "DOUBLE", "FLOAT", "LONG"})


def check_type(name: str) -> None:
    """Raise DqdlError for what is no rule type, UnsupportedDqdlError for one that is not evaluated here."""
    if name in _AWS_ONLY:
        raise UnsupportedDqdlError(f"the DQDL rule type {name} is not implemented by the local cloud")
    if name not in _SHAPES:
        raise DqdlError(f"{name} is not a DQDL rule type")


def check(rule: Rule) -> None:
    """Raise DqdlError when ``rule`` has not the form of its type."""
    fewest, most, condition, threshold = _SHAPES[rule.type]
    if not fewest <= len(rule.parameters) <= most:
        raise DqdlError(
            f"{rule.type} takes {fewest if fewest == most else f'{fewest} or more'} parameters: {rule.text}"
        )
    if condition is True and rule.condition is None:
        raise DqdlError(f"{rule.type} needs an expression: {rule.text}")
    if condition is False and rule.condition is not None:
        raise DqdlError(f"{rule.type} takes no expression: {rule.text}")
    if rule.threshold is not None and not threshold:
        raise DqdlError(f"{rule.type} takes no threshold: {rule.text}")
    if rule.type in ("ColumnExists", "ColumnCount", "ColumnNamesMatchPattern", "CustomSql") and rule.where:
        raise DqdlError(f"{rule.type} takes no where: {rule.text}")
    for part in (rule.threshold, None if rule.type in ("ColumnValues", "ColumnDataType") else rule.condition):
        if part is not None and not all(isinstance(value, float) for value in part.operands):
            raise DqdlError(f"{rule.type} compares with numbers: {rule.text}")
    if rule.type == "ColumnDataType":
        _check_data_type(rule)


def _check_data_type(rule: Rule) -> None:
    condition = rule.condition
    wanted = condition.operands[0] if condition is not None and condition.operator in ("=", "!=") else None
    if not isinstance(wanted, str):
        raise DqdlError(f"ColumnDataType takes = or != and a type in quotes: {rule.text}")
    if wanted.upper() not in DATA_TYPES and not re.fullmatch(r"DECIMAL\(\d+,\s*\d+\)", wanted.upper()):
        raise DqdlError(f"{wanted!r} is not a data type of ColumnDataType: {rule.text}")
