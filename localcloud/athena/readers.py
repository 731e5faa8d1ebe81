"""DuckDB relations over the files of a table, by the rules of the table's SerDe."""
# ruff: noqa: S608 - the engine's SQL is made here, of identifiers and literals that are quoted

import re
from typing import Any

from localcloud.athena.catalog import Table
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.objects import Footer, S3Object
from localcloud.athena.types import duckdb_type, from_hive, type_kind

NOTHING = '1 as "$none"'  # what a query without columns (count(*)) reads


def quoted(name: str) -> str:
    """An identifier."""
    return '"' + name.replace('"', '""') + '"'


def string(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def file_list(files: list[S3Object]) -> str:
    """The files as a DuckDB list."""
    return "[" + ", ".join(string(entry.uri) for entry in files) + "]"


def path_keys(hive: bool) -> str:
    """The option of DuckDB's readers that takes partition keys, as text, from ``key=value`` in the path."""
    return "hive_partitioning=true, hive_types_autocast=false" if hive else "hive_partitioning=false"


def parquet(table: Table, columns: list[str], files: list[S3Object], footer: Footer, hive: bool) -> str:
    """Columns by name; what a file does not have is NULL.

    Raises:
        QueryError: HIVE_BAD_DATA where the file has another type than the table.
    """
    types = dict(table.columns)
    items = []
    for name in columns:
        leaf = footer.leaves.get(name)
        target = duckdb_type(types[name])
        if leaf is None:
            items.append(f"cast(null as {target}) as {quoted(name)}")
            continue
        if not _readable(leaf.arrow_type, from_hive(types[name])):
            raise QueryError(
                "HIVE_BAD_DATA",
                f"Field {name}'s type {_parquet_name(leaf.physical)} in parquet file {files[0].uri} is incompatible "
                f"with type {types[name]} defined in table schema",
            )
        items.append(f"cast({quoted(leaf.name)} as {target}) as {quoted(name)}")
    source = f"read_parquet({file_list(files)}, {path_keys(hive)})"
    return select(items, source, table if hive else None)


def select(items: list[str], source: str, keys_of: Table | None) -> str:
    """``SELECT items [, partition keys from the path] FROM source``."""
    keys = (
        [_key_value(quoted(name), hive_type, name) for name, hive_type in keys_of.partition_keys] if keys_of else []
    )
    return f"select {', '.join([*items, *keys]) or NOTHING} from {source}"


def key_literals(table: Table, values: tuple[str, ...]) -> list[str]:
    """The partition keys of one partition as select items."""
    return [
        _key_value("null" if value == "__HIVE_DEFAULT_PARTITION__" else string(value), hive_type, name)
        for (name, hive_type), value in zip(table.partition_keys, values, strict=True)
    ]


def _key_value(expression: str, hive_type: str, name: str) -> str:
    return f"cast({expression} as {duckdb_type(hive_type)}) as {quoted(name)}"


def _parquet_name(physical: str) -> str:
    return {"BYTE_ARRAY": "BINARY"}.get(physical, physical)


def _readable(arrow: Any, hive: Any) -> bool:  # noqa: PLR0911 - one rule for each family of types
    """Which Parquet types Athena reads into which column type; a wider integer or a real may widen, nothing narrows.

    https://repost.aws/knowledge-center/athena-hive-bad-data-parsing-field-value
    """
    import pyarrow.types as pt  # noqa: PLC0415

    kind = type_kind(hive)
    if pt.is_null(arrow):
        return True
    if kind == "integer":
        bits = {"TINYINT": 32, "SMALLINT": 32, "INT": 32, "BIGINT": 64}[hive.this.value]
        return bool(pt.is_integer(arrow)) and arrow.bit_width <= bits
    if kind == "double":
        return bool(pt.is_floating(arrow)) and (arrow.bit_width <= 32 or hive.is_type("double"))
    if kind == "array":
        return bool(pt.is_list(arrow) or pt.is_large_list(arrow)) and _readable(arrow.value_type, hive.expressions[0])
    if kind == "map":
        return bool(pt.is_map(arrow))
    if kind == "row":
        return bool(pt.is_struct(arrow))
    accepted = {
        "varchar": (pt.is_string, pt.is_large_string, pt.is_binary, pt.is_dictionary),
        "varbinary": (pt.is_binary, pt.is_large_binary, pt.is_string),
        "boolean": (pt.is_boolean,),
        "date": (pt.is_date32,),
        "timestamp": (pt.is_timestamp,),
        "decimal": (pt.is_decimal,),
    }
    return any(test(arrow) for test in accepted.get(str(kind), ()))


def text(table: Table, columns: list[str], files: list[S3Object], hive: bool) -> str:
    """LazySimpleSerDe: no quoting; fields by position; what cannot be parsed is NULL, as in Hive."""
    parameters = {**table.serde_parameters}
    delimiter = parameters.get("field.delim") or parameters.get("serialization.format") or "\x01"
    delimiter = "\x01" if delimiter == "1" else _character(delimiter)
    null = parameters.get("serialization.null.format", "\\N")
    if parameters.get("escape.delim"):
        raise not_supported("escape.delim of the LazySimpleSerDe")
    names = [name for name, _ in table.columns]
    items = []
    for name in columns:
        hive_type = dict(table.columns)[name]
        target, kind = duckdb_type(hive_type), type_kind(from_hive(hive_type))
        if kind in ("array", "map", "row", "varbinary"):
            raise not_supported(f"a column of type {hive_type} in a text table")
        value = f"nullif(fields_[{names.index(name) + 1}], {string(null)})"
        if kind == "varchar":
            items.append(f"{value} as {quoted(name)}")
        elif kind == "integer":  # DuckDB's try_cast would read '2.5' as 3
            number = f"case when regexp_full_match({value}, '[+-]?[0-9]+') then try_cast({value} as {target}) end"
            items.append(f"{number} as {quoted(name)}")
        else:
            items.append(f"try_cast({value} as {target}) as {quoted(name)}")
    skip = _header_lines(table)
    keys = f", {', '.join(map(quoted, table.key_names))}" if hive else ""
    source = (
        f"(select string_split(line_, {string(delimiter)}) as fields_{keys} from read_csv({file_list(files)}, "
        f"columns={{'line_': 'VARCHAR'}}, delim='\x07', quote='', escape='', header=false, skip={skip}, "
        f"auto_detect=false, nullstr='\x06', strict_mode=false, max_line_size=16777216, "
        f"{path_keys(hive)}))"
    )
    return select(items, source, table if hive else None)


def _character(value: str) -> str:
    """``\\t`` and ``\\001`` are written out in table properties."""
    octal = re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), value)
    return octal.replace("\\t", "\t")


def csv(table: Table, columns: list[str], files: list[S3Object], hive: bool) -> str:
    """OpenCSVSerde: quotes; a field that is not of the column's type is an error, an empty number too.

    https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html
    """
    parameters = table.serde_parameters
    items = []
    for name in columns:
        hive_type = dict(table.columns)[name]
        items.append(f"{_csv_value(quoted(name), hive_type, name)} as {quoted(name)}")
    spec = ", ".join(f"{string(name)}: 'VARCHAR'" for name, _ in table.columns)
    source = (
        f"read_csv({file_list(files)}, columns={{{spec}}}, delim={string(parameters.get('separatorChar', ','))}, "
        f"quote={string(parameters.get('quoteChar', chr(34)))}, "
        f"escape={string(_escape(parameters))}, header=false, skip={_header_lines(table)}, auto_detect=false, "
        f"nullstr='\x06', null_padding=true, strict_mode=false, max_line_size=16777216, "
        f"{path_keys(hive)})"
    )
    return select(items, source, table if hive else None)


def _escape(parameters: dict[str, str]) -> str:
    """OpenCSV takes a doubled quote and the escape character; DuckDB one of both: the doubled quote is usual."""
    escape = parameters.get("escapeChar", "\\")
    return parameters.get("quoteChar", '"') if escape in ("\\", "\\\\") else escape


def _csv_value(field: str, hive_type: str, name: str) -> str:
    target, kind = duckdb_type(hive_type), type_kind(from_hive(hive_type))
    if kind == "varchar":
        return field
    bad = _bad_data(field, name)
    if kind == "date":  # days since 1970
        return (
            f"case when {field} is null then null when regexp_full_match({field}, '-?\\d+') "
            f"then date '1970-01-01' + cast({field} as integer) else {bad} end"
        )
    if kind == "timestamp":  # milliseconds since 1970
        return (
            f"case when {field} is null then null when regexp_full_match({field}, '-?\\d+') "
            f"then make_timestamp(cast({field} as bigint) * 1000) else {bad} end"
        )
    if kind == "integer":
        return (
            f"case when {field} is null then null when regexp_full_match({field}, '[+-]?\\d+') "
            f"then cast({field} as {target}) else {bad} end"
        )
    if kind in ("double", "decimal", "boolean"):
        return (
            f"case when {field} is null then null when try_cast({field} as {target}) is not null "
            f"then cast({field} as {target}) else {bad} end"
        )
    raise not_supported(f"a column of type {hive_type} with the OpenCSVSerde")


def _bad_data(value: str, name: str) -> str:
    return (
        f"tr_fail('HIVE_BAD_DATA: Error parsing field value ''' || {value} || ''' for field {name}: "
        f"For input string: \"' || {value} || '\"')"
    )


def _header_lines(table: Table) -> int:
    return int(
        table.parameters.get("skip.header.line.count", table.serde_parameters.get("skip.header.line.count", 0))
    )


def json(table: Table, columns: list[str], files: list[S3Object], hive: bool, spelled: dict[str, list[str]]) -> str:
    """OpenX and Hive JSON SerDe: one object a line, keys in any case, unknown keys ignored.

    Args:
        spelled: how the keys of these files are written, by lower-case column name.
    """
    parameters = table.serde_parameters
    ignore = parameters.get("ignore.malformed.json", "").lower() == "true"
    for name in parameters:
        if name.startswith("mapping.") or name == "dots.in.keys":
            raise not_supported(f"the SerDe property {name}")
    types = dict(table.columns)
    items = []
    for name in columns:
        target, kind = duckdb_type(types[name]), type_kind(from_hive(types[name]))
        spellings = spelled.get(name) or [name]
        path = [f"json_extract(json, {string('$.' + quoted(key))})" for key in spellings]
        value = path[0] if len(path) == 1 else f"coalesce({', '.join(path)})"
        if kind in ("array", "map", "row"):
            items.append(f"cast({value} as {target}) as {quoted(name)}")
        else:
            text = f"({value} ->> '$')"
            items.append(f"{_json_value(text, kind, target, name)} as {quoted(name)}")
    source = (
        f"read_json_objects({file_list(files)}, format='newline_delimited', ignore_errors={str(ignore).lower()}, "
        f"maximum_object_size=16777216, {path_keys(hive)})"
    )
    return select(items, source, table if hive else None)


def _json_value(value: str, kind: str | None, target: str, name: str) -> str:
    bad = _bad_data(value, name)
    if kind == "varchar":
        return value
    if kind == "integer":
        return (
            f"case when {value} is null then null when regexp_full_match({value}, '[+-]?\\d+') "
            f"then cast({value} as {target}) else {bad} end"
        )
    return (
        f"case when {value} is null then null when try_cast({value} as {target}) is not null "
        f"then cast({value} as {target}) else {bad} end"
    )
