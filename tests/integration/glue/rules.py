"""DQDL rules with the outcome that AWS's reference gives them, on the rows of ``COLUMNS``."""

from typing import Any

COLUMNS: dict[str, list[Any]] = {
    "id": [1, 2, 3, 4, 5],
    "flight": [10, 10, 11, 11, 11],
    "day": ["01", "02", "01", "02", "03"],
    "carrier": ["AA", "AA", "UA", None, "DL"],
    "delay": [5.0, -3.0, None, 30.0, 8.0],
    "code": ["1", "2", "x", "4", "5"],
    "tail": ["N1", "N22", "N333", None, ""],
}
# rule -> passes
OUTCOMES: dict[str, bool] = {
    "RowCount = 5": True,
    "RowCount > 5": False,
    "RowCount between 4 and 6": True,
    "RowCount between 5 and 9": False,  # the bounds are not within
    'RowCount = 2 where "flight = 10"': True,
    "ColumnCount = 7": True,
    "ColumnCount < 7": False,
    'ColumnExists "delay"': True,
    'ColumnExists "nothing"': False,
    'IsComplete "id"': True,
    'IsComplete "carrier"': False,
    'IsComplete "carrier" where "id < 4"': True,
    'IsComplete "nothing"': False,
    'Completeness "carrier" >= 0.8': True,
    'Completeness "carrier" > 0.8': False,
    'Completeness "carrier" = 0.5 where "id > 3"': True,
    'IsUnique "id"': True,
    'IsUnique "flight"': False,
    'IsUnique "carrier" where "flight = 11"': True,  # a NULL is no duplicate
    'Uniqueness "day" = 0.2': True,
    'Uniqueness "flight" "day" = 1.0': True,
    'Uniqueness "carrier" > 0.5': False,
    'UniqueValueRatio "day" between 0.3 and 0.4': True,
    'IsPrimaryKey "id"': True,
    'IsPrimaryKey "flight" "day"': True,
    'IsPrimaryKey "day"': False,
    'IsPrimaryKey "id" "carrier"': False,  # part of the key is NULL
    'ColumnValues "flight" in [10, 11]': True,
    'ColumnValues "carrier" in ["AA", "UA", "DL"]': False,  # NULL
    'ColumnValues "carrier" in ["AA", "UA", "DL", NULL]': True,
    'ColumnValues "carrier" not in ["XX"]': True,  # NULL passes
    'ColumnValues "carrier" not in ["XX", NULL]': False,
    'ColumnValues "carrier" != "UA"': False,
    'ColumnValues "carrier" != "XX"': True,
    'ColumnValues "carrier" != NULL': False,
    'ColumnValues "tail" in ["N1", "N22", "N333", NULL, EMPTY]': True,
    'ColumnValues "id" > 0': True,
    'ColumnValues "id" > 1': False,
    'ColumnValues "id" >= 1': True,
    'ColumnValues "id" < 6': True,
    'ColumnValues "id" <= 4': False,
    'ColumnValues "id" between 0 and 6': True,
    'ColumnValues "id" between 1 and 6': False,
    'ColumnValues "delay" > -10': False,  # NULL
    '(ColumnValues "delay" > -10) or (ColumnValues "delay" = NULL)': False,  # each on the whole column
    'ColumnValues "delay" > -10 with threshold >= 0.8': True,
    'ColumnValues "delay" > -10 with threshold > 0.8': False,
    'ColumnValues "delay" > 0 where "id in (1, 4, 5)"': True,
    'ColumnValues "day" matches "0[1-3]"': True,
    'ColumnValues "day" matches "0[1-2]"': False,
    'ColumnValues "day" matches "0"': False,  # the whole value
    'ColumnValues "day" not matches "1.*"': True,
    'ColumnDataType "code" = "INTEGER"': False,
    'ColumnDataType "code" = "INTEGER" with threshold >= 0.8': True,
    'ColumnDataType "day" = "INTEGER"': True,
    'ColumnLength "day" = 2': True,
    'ColumnLength "tail" <= 4': True,
    'ColumnLength "tail" >= 1': False,  # NULL counts as no character
    'ColumnLength "carrier" = 2 where "carrier is not null"': True,
    'Mean "delay" = 10.0': True,
    'Mean "flight" between 10 and 10.5': False,
    'Sum "delay" = 40': True,
    'Sum "id" = 9 where "id >= 4"': True,
    'StandardDeviation "id" between 1.41 and 1.42': True,  # of the population
    'DistinctValuesCount "day" = 3': True,
    'DistinctValuesCount "carrier" = 3': True,  # NULL is no value
    'ColumnNamesMatchPattern "[a-z]+"': True,
    'ColumnNamesMatchPattern "^d"': False,
    'CustomSql "select count(*) from primary where delay > 20" = 1': True,
    'CustomSql "select count(*) from primary where delay > 20" < 1': False,
    'CustomSql "select id from primary where id > 1" with threshold >= 0.8': True,
    'CustomSql "select id from primary where id > 1"': False,
    'CustomSql "selec" = 1': False,
    '(IsComplete "id") and (IsUnique "flight")': False,
    '(IsComplete "id") or (IsUnique "flight")': True,
    '(RowCount > 9) or ((IsComplete "id") and (IsUnique "id"))': True,
}
