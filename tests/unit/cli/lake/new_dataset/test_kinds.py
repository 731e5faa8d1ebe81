"""What text is read as."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest
import yaml

from cli.errors import UserError
from cli.lake.new_dataset.columns import columns_of
from cli.lake.new_dataset.contract import _number
from cli.lake.new_dataset.features import choose, cut_to
from cli.lake.new_dataset.kinds import typed
from cli.lake.new_dataset.labels import Label
from cli.lake.new_dataset.names import valid
from cli.lake.new_dataset.personal import suspected


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (["1", "-2", "NA", "+3"], "int", [1, -2, None, 3]),
        (["1", "4000000000"], "bigint", [1, 4000000000]),
        (["007", "008"], "string", ["007", "008"]),
        (["1", "2.5", "1e3", "."], "string", ["1", "2.5", "1e3", "."]),
        (["1", "2.5", "1e3", ".5"], "double", [1, 2.5, 1000, 0.5]),
        (["3,5", "4"], "double", [3.5, 4]),
        (["1.000,5", "2"], "string", ["1.000,5", "2"]),
        (["TRUE", "false", ""], "boolean", [True, False, None]),
        (["2024-02-29"], "date", [date(2024, 2, 29)]),
        (["31.12.2024", "1.2.2024"], "date", [date(2024, 12, 31), date(2024, 2, 1)]),
        (["13/01/2024", "02/03/2024"], "date", [date(2024, 1, 13), date(2024, 3, 2)]),
        (["01/13/2024", "02/03/2024"], "date", [date(2024, 1, 13), date(2024, 2, 3)]),
        (["2024-01-01 10:00", "2024-01-01T10:00:00+02:00"], "timestamp",
         [datetime(2024, 1, 1, 10), datetime(2024, 1, 1, 8)]),
        ([" ja ", "?"], "string", ["ja", None]),
        (["", "n/a"], "string", [None, None]),
    ],
)  # fmt: skip
def test_text_has_the_type_that_all_of_it_can_be_read_as(texts: list[str], kind: str, values: list[object]) -> None:
    found, array = typed("x", pa.array(texts))
    assert (found, array.to_pylist()) == (kind, values)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (pa.array(["a", "b", "a"]).dictionary_encode(), "string"),
        (pa.array([1, 2], pa.uint8()), "int"),
        (pa.array([1.5, float("nan")]), "double"),
        (pa.array([1, 2], pa.timestamp("ns", "Europe/Berlin")), "timestamp"),  # a microsecond is enough,
        (pa.array([None, None]), "string"),
        (pa.chunked_array([["1"], ["2"]]), "int"),
    ],
)
def test_columns_of_parquet_keep_their_type(array: object, kind: str) -> None:
    assert typed("x", array)[0] == kind


def test_an_infinite_number_is_refused() -> None:
    with pytest.raises(UserError, match="has an infinite value"):
        typed("x", pa.array([1.0, float("inf")]))


def test_names_are_valid_and_each_is_there_once() -> None:
    names = ["Größe (cm)", "Straße", "order", "Order", "2nd", "month", "a-b", "a b", "日本", "%"]
    assert list(valid(names).values()) == [
        *("grosse_cm", "strasse", "order_value", "order_value_2", "column_2nd", "month_value", "a_b", "a_b_2"),
        *("column_value", "column_value_2"),
    ]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("contact_email", [], "email"),
        ("name", [], "name"),
        ("product_name", ["a", "b"], None),
        ("shipping", ["a"], None),  # not an ip
        ("column_7", [f"{number}@example.org" for number in range(9)], "email"),
        ("column_7", ["4111111111111111", "5500 0000 0000 0004", "340000000000009"] * 2, "card number"),
        ("column_7", [str(4111111111111111 + number) for number in range(50)], None),  # one in ten by chance
        ("column_7", ["10.0.0.1", "::1", "192.168.1.7", "8.8.8.8", "1.1.1.1"], "IP address"),
        ("column_7", ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"] * 3, "identity number"),
        ("column_7", ["DE88370400440532013000"] * 6, None),
        ("column_7", [f"+49 30 12345{number}" for number in range(6)], "phone"),
        ("date_of_birth", [], "birth date"),
    ],
)  # fmt: skip
def test_personal_data_is_suspected_by_name_and_by_form(name: str, values: list[str], kind: str | None) -> None:
    assert suspected(name, values) == kind


def test_a_list_of_values_is_whole_when_each_is_there_often() -> None:
    (often, seldom) = columns_of([("a", pa.array(["x", "y"] * 50)), ("b", pa.array(["x", "y"] * 49 + ["z", "x"]))])
    assert (often.enum, seldom.enum) == (("x", "y"), ())


def test_what_is_missing_is_a_feature_of_columns_that_are_features() -> None:
    told, weak = np.array([0.0, 1.0] * 100), pa.array([1, 2, 3, None] * 50)
    label = Label(columns_of([("y", pa.array([0, 1] * 100))])[0], "y", 1, False, told)
    numbers = [(f"c{number}", pa.array(np.arange(200) % (number + 3))) for number in range(9)]
    chosen = choose(columns_of([("weak", weak), *numbers]), label, (), {})
    cut_to(chosen, 11)
    assert 'Missing("weak")' in [item.code for item in chosen.features]
    cut_to(chosen, 2)
    assert len(chosen.features) == 2
    assert "whether weak is missing" in chosen.cut


def test_bounds_leave_room_and_do_not_go_below_nothing() -> None:
    (positive, negative) = columns_of([("a", pa.array([10, 20])), ("b", pa.array([-10.0, 20.0]))])
    assert positive.bounds == (5, 25)
    assert negative.bounds == (-25, 35)


@pytest.mark.parametrize("value", [1e12, 1e-7, 2.5, 0, -1e15, 0.1])
def test_numbers_of_the_contract_are_numbers(value: float) -> None:
    assert yaml.safe_load(_number(value)) == value
