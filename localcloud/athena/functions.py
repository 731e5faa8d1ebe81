"""Trino's functions: which the local Athena does, how, and which it refuses.

Three kinds: in a table here (done), in `KNOWN` (Trino has it, refused by name), in none (Trino has no such
function: FUNCTION_NOT_FOUND, also when DuckDB has one). Every function that is done is in a test case.
Source: https://trino.io/docs/current/functions.html and
https://docs.aws.amazon.com/athena/latest/ug/functions-env3.html
"""

_SAME = """
    abs acos any_value asin atan atan2 bool_and bool_or cbrt chr coalesce concat_ws corr cos cosh count
    count_if covar_pop covar_samp cume_dist degrees dense_rank exp first_value flatten greatest grouping
    histogram lag last_value lead least listagg ln log10 log2 lower map map_concat map_entries
    map_from_entries map_keys map_values max min mod nth_value ntile nullif percent_rank pi power radians
    rank regr_intercept regr_slope row row_number sin sqrt starts_with stddev stddev_pop stddev_samp
    strpos tan tanh translate try upper url_decode url_encode uuid var_pop var_samp variance
"""
_MACROS = """
    array_distinct array_except array_intersect array_max array_min array_position array_remove array_sort
    array_union at_timezone ceil ceiling codepoint contains floor from_base from_base64 from_hex
    from_iso8601_date from_iso8601_timestamp from_unixtime from_utf8 json_array_length json_format
    json_parse json_size last_day_of_month length log lpad ltrim md5 millisecond rand random regexp_count
    regexp_like replace rpad rtrim sequence sha1 sha256 sign slice split_part split_to_map substr to_base
    to_base64 to_hex to_iso8601 to_unixtime to_utf8 trim truncate url_extract_fragment url_extract_host
    url_extract_parameter url_extract_path url_extract_port url_extract_protocol url_extract_query
    width_bucket
"""
_KNOWN = """
    approx_most_frequent approx_set array_frequency array_histogram bar beta_cdf bing_tile bit_count
    bit_length bitwise_left_shift bitwise_right_shift bitwise_right_shift_arithmetic char2hexint checksum
    classify color combinations convex_hull_agg cosine_similarity crc32 current_groups current_timezone
    date_parse_iso dot_product empty_approx_set entropy euclidean_distance evaluate_classifier_predictions
    features format format_number from_big_endian_32 from_big_endian_64 from_encoded_polyline
    from_geojson_geometry from_ieee754_32 from_ieee754_64 from_iso8601_timestamp_nanos from_unixtime_nanos
    geometry_from_hadoop_shape geometry_to_bing_tiles hash_counts hmac_md5 hmac_sha1 hmac_sha256 hmac_sha512
    human_readable_seconds index intersection_cardinality inverse_beta_cdf inverse_normal_cdf is_json_scalar
    jaccard_index json_array_contains json_array_get json_exists json_object json_query json_table
    json_value kurtosis learn_classifier learn_regressor line_locate_point ljson_array luhn_check
    make_set_digest map_agg_distinct map_union map_zip_with merge merge_set_digest multimap_agg
    multimap_from_entries murmur3 ngrams normal_cdf normalize numeric_histogram parse_data_size
    parse_duration parse_presto_data_size qdigest_agg quantile_at_value reduce_agg regexp_position regr_avgx
    regr_avgy regr_count regr_r2 regr_sxx regr_sxy regr_syy regress render rgb sha512 shuffle
    simplify_geometry sinh skewness soundex spatial_partitioning split_to_multimap spooky_hash_v2_32
    spooky_hash_v2_64 st_area st_asbinary st_astext st_contains st_distance st_geometryfromtext
    st_intersects st_point st_polygon st_within strrpos t_cdf t_pdf tdigest_agg timezone timezone_hour
    timezone_minute to_char to_date to_milliseconds to_timestamp transform_keys trim_array typeof
    value_at_quantile values_at_quantiles version wilson_interval_lower wilson_interval_upper with_timezone
    word_stem xxhash64 zip_with
"""

# Same meaning in DuckDB, under the given name.
SAME: dict[str, str] = {name: name for name in _SAME.split()} | {
    "arbitrary": "any_value",
    "array_agg": "list",
    "array_join": "array_to_string",
    "arrays_overlap": "list_has_any",
    "bitwise_and_agg": "bit_and",
    "bitwise_or_agg": "bit_or",
    "bitwise_xor_agg": "bit_xor",
    "every": "bool_and",
    "geometric_mean": "geomean",
    "hamming_distance": "hamming",
    "is_finite": "isfinite",
    "is_infinite": "isinf",
    "is_nan": "isnan",
    "levenshtein_distance": "levenshtein",
    "max_by": "arg_max_null",
    "min_by": "arg_min_null",
    "pow": "power",
    "regexp_split": "string_split_regex",
    "split": "string_split",
    "zip": "list_zip",
}
# A macro of macros.sql called tr_<name>, but for MACRO_NAMES.
MACROS = frozenset(_MACROS.split())
MACRO_NAMES = {"ceiling": "ceil", "rand": "random"}
# Trino has them, the local Athena does not.
KNOWN = frozenset(_KNOWN.split())

# DuckDB's date parts, by Trino's function; each takes a date, a timestamp or a timestamp with time zone.
DATE_PARTS = {
    "day": "day",
    "day_of_month": "day",
    "day_of_week": "isodow",
    "day_of_year": "dayofyear",
    "dow": "isodow",
    "doy": "dayofyear",
    "hour": "hour",
    "minute": "minute",
    "month": "month",
    "quarter": "quarter",
    "second": "second",
    "week": "week",
    "week_of_year": "week",
    "year": "year",
    "year_of_week": "isoyear",
    "yow": "isoyear",
}
