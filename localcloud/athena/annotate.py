"""Types of expressions by Trino's rules, where sqlglot's own differ or it does not know the function."""

from functools import cache
from typing import Any

from localcloud.athena.types import INTEGERS, kind, scale_of

_RETURNS = {
    "BIGINT": "count count_if length cardinality row_number rank dense_rank ntile strpos levenshtein_distance "
    "hamming_distance date_diff json_array_length json_size array_position approx_distinct day day_of_month "
    "day_of_week dow day_of_year doy hour minute month quarter second week week_of_year year year_of_week yow "
    "millisecond url_extract_port width_bucket bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_and_agg "
    "bitwise_or_agg codepoint regexp_count from_base grouping",
    "DOUBLE": "acos asin atan atan2 cbrt corr cos cosh covar_pop covar_samp cume_dist degrees e exp geometric_mean "
    "infinity ln log log10 log2 nan percent_rank pi power pow radians regr_intercept regr_slope sin sqrt stddev "
    "stddev_pop stddev_samp tan tanh to_unixtime var_pop var_samp variance",
    "VARCHAR": "array_join chr concat_ws date_format format_datetime from_utf8 json_extract_scalar json_format "
    "listagg lower lpad ltrim regexp_extract regexp_replace replace rpad rtrim split_part substr substring "
    "to_base to_base64 to_hex to_iso8601 translate trim upper url_decode url_encode url_extract_fragment "
    "url_extract_host url_extract_parameter url_extract_path url_extract_protocol url_extract_query",
    "BOOLEAN": "all_match any_match none_match arrays_overlap bool_and bool_or contains every is_finite "
    "is_infinite is_nan regexp_like starts_with",
    "VARBINARY": "from_base64 from_hex md5 sha1 sha256 to_utf8",
    "DATE": "current_date date from_iso8601_date last_day_of_month",
    "TIMESTAMP": "date_parse localtimestamp",
    "TIMESTAMPTZ": "from_iso8601_timestamp from_unixtime now parse_datetime",
    "JSON": "json_extract json_parse",
    "ARRAY<VARCHAR>": "split regexp_split regexp_extract_all",
}
# the element types are not followed
_COLLECTIONS = {
    "ARRAY": "transform filter flatten repeat sequence zip map_entries map_keys map_values array_agg array_union",
    "MAP": "map map_agg map_filter map_from_entries split_to_map transform_values histogram",
}
_CONTAINER = {name: result for result, names in _COLLECTIONS.items() for name in names.split()}
RETURNS = {name: result for result, names in _RETURNS.items() for name in names.split()}
_LIKE_FIRST = """
    abs any_value arbitrary array_distinct array_except array_intersect array_remove array_sort array_union
    ceil ceiling coalesce filter first_value floor greatest lag last_value lead least max max_by min min_by
    mod nth_value nullif reverse round sign slice truncate try map_concat map_filter histogram concat
"""
# The type of the argument at this place.
_LIKE_ARGUMENT = dict.fromkeys(_LIKE_FIRST.split(), 0) | {"date_trunc": 1, "date_add": 2, "if": 1}
_ARRAY_OF_ARGUMENT = {"array_agg": 0, "repeat": 0, "sequence": 0}
_ELEMENT = ("array_max", "array_min", "element_at")


def annotate(tree: Any, schema: Any) -> Any:
    """The tree with `type` on every expression whose type is known."""
    from sqlglot.optimizer.annotate_types import annotate_types  # noqa: PLC0415

    from localcloud.athena.dialect import athena_dml  # noqa: PLC0415

    return annotate_types(tree, schema=schema, dialect=athena_dml(), expression_metadata=_metadata())


@cache
def _metadata() -> dict[Any, Any]:
    from sqlglot import exp  # noqa: PLC0415

    from localcloud.athena.dialect import athena_dml  # noqa: PLC0415

    def own(rule: Any) -> dict[str, Any]:
        def annotator(annotation: Any, expression: Any) -> Any:
            return annotation._set_type(expression, rule(expression))

        return {"annotator": annotator}

    arithmetic = {node: own(_arithmetic) for node in (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)}
    return {
        **athena_dml()().EXPRESSION_METADATA,
        **arithmetic,
        exp.Anonymous: own(_function),
        exp.Literal: own(_literal),
        exp.Filter: own(lambda node: node.this.type),
        exp.WithinGroup: own(lambda node: node.this.type),
        exp.IgnoreNulls: own(lambda node: node.this.type),
        exp.Window: own(lambda node: node.this.type),
        exp.Extract: {"returns": exp.DataType.Type.BIGINT},
        exp.Interval: {"returns": exp.DataType.Type.INTERVAL},
        exp.Neg: own(lambda node: node.this.type),
        exp.DPipe: own(
            lambda node: node.this.type if kind(node.this) not in (None, "null") else node.expression.type
        ),
    }


def _type(text: str) -> Any:
    from sqlglot import exp  # noqa: PLC0415

    return exp.DataType.build(text, dialect="duckdb" if "<" not in text else "trino")


def _literal(node: Any) -> Any:
    if node.is_string:
        return _type("VARCHAR")
    text = node.name
    if "e" in text.lower():
        return _type("DOUBLE")
    if "." in text:  # Trino: 1.50 is decimal(3, 2)
        whole, _, fraction = text.partition(".")
        digits = len(whole.lstrip("0")) + len(fraction)
        return _type(f"DECIMAL({max(digits, 1)}, {len(fraction)})")
    return _type("INT" if int(text) < 2**31 else "BIGINT")


def _arithmetic(node: Any) -> Any:  # noqa: PLR0911 - one rule a line
    """https://trino.io/docs/current/functions/decimal.html, "Binary arithmetic decimal operators"."""
    from sqlglot import exp  # noqa: PLC0415

    left, right = kind(node.this), kind(node.expression)
    kinds = {left, right}
    if None in kinds or "null" in kinds:
        return None
    for temporal in ("timestamptz", "timestamp", "date"):
        if temporal in kinds:
            return _type({"timestamptz": "TIMESTAMPTZ"}.get(temporal, temporal)) if "interval" in kinds else None
    if not kinds <= {"integer", "double", "decimal"}:
        return node.this.type if left == right else None
    if "double" in kinds:
        real = all(side.type.is_type("float") or kind(side) != "double" for side in (node.this, node.expression))
        return _type("FLOAT" if real else "DOUBLE")
    if "decimal" in kinds:
        one, two = scale_of(node.this), scale_of(node.expression)
        if one is None or two is None:
            return _type("DECIMAL")
        precision, scale = decimal_result(type(node), one, two, exp)
        return _type(f"DECIMAL({precision}, {scale})")
    return _type(INTEGERS[max(INTEGERS.index(side.type.this.value) for side in (node.this, node.expression))])


def decimal_result(operator: Any, one: tuple[int, int], two: tuple[int, int], exp: Any) -> tuple[int, int]:
    """(precision, scale) of a decimal operation."""
    (p1, s1), (p2, s2) = one, two
    if operator is exp.Mul:
        precision, scale = p1 + p2, s1 + s2
    elif operator is exp.Div:
        precision, scale = p1 + s2 + max(0, s2 - s1), max(s1, s2)
    elif operator is exp.Mod:
        precision, scale = min(p1 - s1, p2 - s2) + max(s1, s2), max(s1, s2)
    else:
        precision, scale = max(p1 - s1, p2 - s2) + max(s1, s2) + 1, max(s1, s2)
    return min(38, max(precision, 1)), scale


def _function(node: Any) -> Any:
    return _called(node) or (_type(_CONTAINER[node.name.lower()]) if node.name.lower() in _CONTAINER else None)


def _called(node: Any) -> Any:  # noqa: PLR0911 - one rule a line
    name, arguments = node.name.lower(), node.expressions
    if name in RETURNS:
        return _type(RETURNS[name])
    if not arguments:
        return None
    first = arguments[0]
    while type(first).__name__ in ("Distinct", "Order") and (first.this or first.expressions):
        first = first.this or first.expressions[0]
    if name == "sum":
        if kind(first) == "decimal" and (parts := scale_of(first)):
            return _type(f"DECIMAL(38, {parts[1]})")
        return _type("BIGINT") if kind(first) == "integer" else first.type
    if name == "avg":
        return first.type if kind(first) == "decimal" else _type("DOUBLE") if kind(first) else None
    if name in _ARRAY_OF_ARGUMENT and kind(first):
        return _type(f"ARRAY<{first.type.sql('trino')}>") if kind(first) not in ("array", "map", "row") else None
    if name in _ELEMENT and kind(first) == "array" and first.type.expressions:
        return first.type.expressions[0]
    if name == "element_at" and kind(first) == "map" and len(first.type.expressions) == 2:
        return first.type.expressions[1]
    if name in ("map_keys", "map_values") and kind(first) == "map" and len(first.type.expressions) == 2:
        return _type(f"ARRAY<{first.type.expressions[name == 'map_values'].sql('trino')}>")
    if name in _LIKE_ARGUMENT:
        return _like(
            arguments[_LIKE_ARGUMENT[name] :]
            if name in ("coalesce", "greatest", "least", "if")
            else [first if _LIKE_ARGUMENT[name] == 0 else arguments[min(_LIKE_ARGUMENT[name], len(arguments) - 1)]]
        )
    return None


def _like(arguments: list[Any]) -> Any:
    """The common type of arguments, None when one is unknown and could change it."""
    known = [argument for argument in arguments if kind(argument) != "null"]
    if not known or any(kind(argument) is None for argument in known):
        return None
    widest = max(
        known,
        key=lambda argument: (
            ("integer", "decimal", "double").index(kind(argument))
            if kind(argument) in ("integer", "decimal", "double")
            else 0
        ),
    )
    return widest.type
