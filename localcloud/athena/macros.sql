-- Trino functions that DuckDB lacks or does otherwise, as macros called tr_<name>.
-- Parameters are typed on purpose: the overload that fits is chosen by DuckDB's binder, and a type that Trino
-- would refuse fits none (TYPE_MISMATCH), where DuckDB's own function would have converted it silently.
-- Source of the semantics: https://trino.io/docs/current/functions.html

-- Raises when evaluated and only then: error() is volatile, which TRY() does not accept, and a cast of a constant
-- is done at binding, also in a branch that is never taken; so is the condition of a CASE.
create macro tr_fail(message) as (list_value(null))[octet_length(from_base64('!!' || message))];

-- Arithmetic. Integer division truncates; by zero it fails, but not for double (mathematical functions, "/").
create macro tr_div
    (a tinyint, b tinyint) as a // b, (a smallint, b smallint) as a // b, (a integer, b integer) as a // b,
    (a bigint, b bigint) as a // b, (a hugeint, b hugeint) as a // b,
    (a decimal, b decimal) as
        tr_fail('NOT_SUPPORTED: division of decimals of unknown scale is not supported by the local Athena'),
    (a float, b float) as cast(a / b as float), (a double, b double) as a / b;
create macro tr_ceil
    (x integer) as x, (x bigint) as x, (x float) as cast(ceil(x) as float), (x double) as ceil(x);
create macro tr_floor
    (x integer) as x, (x bigint) as x, (x float) as cast(floor(x) as float), (x double) as floor(x);
create macro tr_sign
    (x integer) as cast(sign(x) as integer), (x bigint) as cast(sign(x) as bigint),
    (x double) as cast(sign(x) as double);
create macro tr_truncate (x double) as trunc(x);
create macro tr_log (b double, x double) as ln(x) / ln(b);
create macro tr_width_bucket (x double, lo double, hi double, n bigint) as
    case when n <= 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: bucketCount must be greater than 0')
         when lo = hi then tr_fail('INVALID_FUNCTION_ARGUMENT: bounds cannot equal each other')
         when lo < hi then cast(case when x < lo then 0 when x >= hi then n + 1
                                     else floor((x - lo) * n / (hi - lo)) + 1 end as bigint)
         else cast(case when x > lo then 0 when x <= hi then n + 1
                        else floor((lo - x) * n / (lo - hi)) + 1 end as bigint) end;
create macro tr_random
    () as random(), (n bigint) as cast(floor(random() * n) as bigint),
    (lo bigint, hi bigint) as lo + cast(floor(random() * (hi - lo)) as bigint);
create macro tr_from_base (s varchar, radix bigint) as
    case radix when 10 then cast(s as bigint)
               when 16 then cast('0x' || s as bigint) when 2 then cast('0b' || s as bigint)
               else tr_fail('NOT_SUPPORTED: from_base of another radix than 2, 10, 16') end;
create macro tr_to_base (x bigint, radix bigint) as
    case when x < 0 then '-' || lower(to_base(-x, cast(radix as integer)))
         else lower(to_base(x, cast(radix as integer))) end;

-- Casts. Trino's are stricter than DuckDB's: no '2.5' -> 3, no '0x1F', no '1_000'; double -> integer rounds half up.
create macro tr_to_bigint
    (s varchar) as case when s is null then null when regexp_full_match(s, '[+-]?[0-9]+') then cast(s as bigint)
        else tr_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to BIGINT') end,
    (x boolean) as cast(x as bigint), (x bigint) as x, (x decimal) as tr_fail('NOT_SUPPORTED: cast of a decimal of unknown scale is not supported by the local Athena'),
    (x double) as case when isnan(x) or isinf(x)
        then tr_fail('INVALID_CAST_ARGUMENT: Cannot cast double ''' || x || ''' to BIGINT')
        else cast(round(x) as bigint) end;
create macro tr_to_double
    (s varchar) as case when s is null then null
        when regexp_full_match(s, '\s*[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|NaN|Infinity)\s*')
        then cast(trim(s) as double)
        else tr_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to DOUBLE') end,
    (x boolean) as cast(x as double), (x bigint) as cast(x as double), (x double) as x;
create macro tr_to_boolean
    (s varchar) as case when s is null then null when lower(s) in ('t', 'true', '1') then true
        when lower(s) in ('f', 'false', '0') then false
        else tr_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to BOOLEAN') end,
    (x boolean) as x, (x bigint) as cast(x as boolean), (x double) as cast(x as boolean);
create macro tr_to_date
    (s varchar) as case when s is null then null
        when regexp_full_match(s, '\s*[+-]?\d{4,6}-\d{1,2}-\d{1,2}\s*') then cast(trim(s) as date)
        else tr_fail('INVALID_CAST_ARGUMENT: Value cannot be cast to date: ' || s) end,
    (x date) as x, (x timestamp) as cast(x as date), (x timestamptz) as cast(x as date);
create macro tr_to_timestamp
    (s varchar) as case when s is null then null
        when regexp_full_match(s, '\s*\d{4,6}-\d{1,2}-\d{1,2}( \d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,12})?)?)?\s*')
        then cast(trim(s) as timestamp)
        else tr_fail('INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: ' || s) end,
    (x date) as cast(x as timestamp), (x timestamp) as x, (x timestamptz) as cast(x as timestamp);
-- Trino writes a double as 1.5E0; built from the shortest decimal, which DuckDB prints.
create macro tr_shift (s varchar) as struct_pack(
    neg := starts_with(s, '-'),
    digits := replace(split_part(lower(ltrim(s, '-')), 'e', 1), '.', ''),
    point := strpos(split_part(lower(ltrim(s, '-')), 'e', 1) || '.', '.') - 1,
    exponent := coalesce(try_cast(nullif(split_part(lower(s), 'e', 2), '') as bigint), 0));
create macro tr_mantissa (p) as (case when p.neg then '-' else '' end)
    || left(ltrim(p.digits, '0'), 1) || '.'
    || coalesce(nullif(rtrim(substr(ltrim(p.digits, '0'), 2), '0'), ''), '0') || 'E'
    || (p.exponent + p.point - 1 - (length(p.digits) - length(ltrim(p.digits, '0'))));
create macro tr_double_text (x double) as
    case when isnan(x) then 'NaN' when isinf(x) then case when x > 0 then 'Infinity' else '-Infinity' end
         when x = 0 then '0.0E0' else tr_mantissa(tr_shift(cast(x as varchar))) end;
create macro tr_to_varchar
    (x decimal) as tr_fail('NOT_SUPPORTED: cast of a decimal of unknown scale is not supported by the local Athena'),
    (x varchar) as x, (x boolean) as cast(x as varchar), (x bigint) as cast(x as varchar), (x uuid) as cast(x as varchar),
    (x double) as tr_double_text(x), (x date) as cast(x as varchar),
    (x timestamp) as strftime(x, '%Y-%m-%d %H:%M:%S.%g'),
    (x timestamptz) as strftime(x at time zone 'UTC', '%Y-%m-%d %H:%M:%S.%g UTC');

-- Dates
create macro tr_plus (x date, i interval) as cast(x + i as date), (x timestamp, i interval) as x + i,
    (x timestamptz, i interval) as x + i;
create macro tr_date_trunc
    (unit varchar, x date) as case
        when unit in ('day', 'week', 'month', 'quarter', 'year') then cast(date_trunc(unit, x) as date)
        else tr_fail('INVALID_FUNCTION_ARGUMENT: ''' || unit || ''' is not a valid DATE field') end,
    (unit varchar, x timestamp) as date_trunc(unit, x), (unit varchar, x timestamptz) as date_trunc(unit, x);
create macro tr_date_diff
    (unit varchar, a date, b date) as date_sub(unit, a, b),
    (unit varchar, a timestamp, b timestamp) as date_sub(unit, a, b),
    (unit varchar, a timestamptz, b timestamptz) as date_sub(unit, a, b);
create macro tr_from_iso8601_timestamp (s varchar) as cast(s as timestamptz);
create macro tr_from_iso8601_date (s varchar) as tr_to_date(s);
create macro tr_from_unixtime (x double) as to_timestamp(x);
create macro tr_to_unixtime (x timestamp) as epoch(x), (x timestamptz) as epoch(x);
create macro tr_to_iso8601 (x date) as cast(x as varchar),
    (x timestamp) as strftime(x, '%Y-%m-%dT%H:%M:%S.%g'),
    (x timestamptz) as strftime(x at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ');
create macro tr_at_timezone (x timestamp, zone varchar) as cast(x as timestamptz) at time zone zone,
    (x timestamptz, zone varchar) as x at time zone zone;
create macro tr_last_day_of_month (x date) as last_day(x), (x timestamp) as last_day(x);
create macro tr_millisecond (x timestamp) as millisecond(x) % 1000, (x timestamptz) as millisecond(x) % 1000;

-- Strings
create macro tr_length (s varchar) as length(s), (b blob) as octet_length(b);
create macro tr_reverse (s varchar) as reverse(s);
create macro tr_trim (s varchar) as regexp_replace(s, '^\s+|\s+$', '', 'g');
create macro tr_ltrim (s varchar) as regexp_replace(s, '^\s+', '');
create macro tr_rtrim (s varchar) as regexp_replace(s, '\s+$', '');
create macro tr_substr
    (s varchar, start bigint) as
        case when start = 0 or abs(start) > length(s) then '' else substr(s, start) end,
    (s varchar, start bigint, n bigint) as
        case when start = 0 or n <= 0 or abs(start) > length(s) then '' else substr(s, start, n) end;
create macro tr_split_part (s varchar, delimiter varchar, n bigint) as
    case when n <= 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: Index must be greater than zero')
         else string_split(s, delimiter)[n] end;
create macro tr_replace (s varchar, a varchar) as replace(s, a, ''),
    (s varchar, a varchar, b varchar) as replace(s, a, b);
create macro tr_concat (a varchar, b varchar) as a || b;
create macro tr_codepoint (s varchar) as unicode(s);
create macro tr_regexp_like (s varchar, p varchar) as regexp_matches(s, p);
create macro tr_regexp_count (s varchar, p varchar) as len(regexp_extract_all(s, p));
-- an absent part of a URL is NULL, except the path and the query
create macro tr_group (s varchar, p) as case when regexp_matches(s, p) then regexp_extract(s, p, 1) end;
create macro tr_url_extract_protocol (u varchar) as tr_group(u, '^([^:/?#]+):');
create macro tr_url_extract_host (u varchar) as tr_group(u, '^[^:/?#]+://(?:[^@/?#]*@)?([^/:?#]+)');
create macro tr_url_extract_port (u varchar) as cast(tr_group(u, '^[^:/?#]+://[^/?#]*:(\d+)') as bigint);
create macro tr_url_extract_path (u varchar) as tr_group(u, '^(?:[^:/?#]+:)?(?://[^/?#]*)?([^?#]*)');
create macro tr_url_extract_query (u varchar) as tr_group(u, '\?([^#]*)');
create macro tr_url_extract_fragment (u varchar) as tr_group(u, '#(.*)$');
create macro tr_url_extract_parameter (u varchar, name varchar) as
    url_decode(tr_group(u, '[?&]' || regexp_escape(name) || '=([^&#]*)'));

-- Binary
create macro tr_to_utf8 (s varchar) as encode(s);
create macro tr_from_utf8 (b blob) as decode(b);
create macro tr_md5 (b blob) as unhex(md5(b));
create macro tr_sha1 (b blob) as unhex(sha1(b));
create macro tr_sha256 (b blob) as unhex(sha256(b));
create macro tr_to_hex (b blob) as hex(b);
create macro tr_from_hex (s varchar) as unhex(s);
create macro tr_to_base64 (b blob) as to_base64(b);
create macro tr_from_base64 (s varchar) as from_base64(s);

-- JSON: text that is not JSON gives NULL, a scalar function on an object or array gives NULL.
create macro tr_json_extract (j varchar, path) as json_extract(case when json_valid(j) then j end, path);
create macro tr_json_extract_scalar (j varchar, path) as
    case when json_type(tr_json_extract(j, path)) in ('OBJECT', 'ARRAY') then null
         else tr_json_extract(j, path) ->> '$' end;
create macro tr_json_array_length (j varchar) as
    case when json_type(case when json_valid(j) then j end) = 'ARRAY' then cast(json_array_length(j) as bigint) end;
create macro tr_json_size (j varchar, path) as case json_type(tr_json_extract(j, path))
    when 'OBJECT' then cast(len(json_keys(tr_json_extract(j, path))) as bigint)
    when 'ARRAY' then cast(json_array_length(tr_json_extract(j, path)) as bigint) else 0 end;
create macro tr_json_parse (s varchar) as case when s is null or json_valid(s) then cast(s as json)
    else tr_fail('INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: ' || s) end;
create macro tr_json_format (j varchar) as cast(j as varchar);

-- Arrays and maps. Lists cannot be typed generically, so these check nothing.
create macro tr_has_null (a) as len(list_filter(a, lambda x: x is null)) > 0;
create macro tr_any_match (matched) as case when list_contains(matched, true) then true
    when tr_has_null(matched) then null when matched is null then null else false end;
create macro tr_all_match (matched) as case when list_contains(matched, false) then false
    when tr_has_null(matched) then null when matched is null then null else true end;
create macro tr_contains (a, x) as case when list_contains(a, x) then true when a is null or x is null then null
    when tr_has_null(a) then null else false end;
create macro tr_array_position (a, x) as
    case when a is null or x is null then null else cast(coalesce(list_position(a, x), 0) as bigint) end;
create macro tr_array_distinct (a) as list_filter(a, lambda x, i: list_position(a, x) = i);
create macro tr_array_union (a, b) as tr_array_distinct(list_concat(a, b));
create macro tr_array_except (a, b) as
    list_filter(tr_array_distinct(a), lambda x: list_position(b, x) is null);
create macro tr_array_intersect (a, b) as
    list_filter(tr_array_distinct(a), lambda x: list_position(b, x) is not null);
create macro tr_array_remove (a, e) as list_filter(a, lambda x: x <> e);
create macro tr_array_sort (a) as list_sort(a, 'ASC', 'NULLS LAST');
create macro tr_array_max (a) as case when tr_has_null(a) then null else list_max(a) end;
create macro tr_array_min (a) as case when tr_has_null(a) then null else list_min(a) end;
create macro tr_slice (a, start, n) as case
    when start = 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
    when n <= 0 or abs(start) > len(a) then a[1:0]
    when start < 0 then a[(len(a) + start + 1):(len(a) + start + n)] else a[start:(start + n - 1)] end;
create macro tr_subscript (a, i) as case
    when i = 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
    when i < 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: Array subscript is negative: ' || i)
    when i > len(a) then tr_fail('INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to '
                                 || 'array length: ' || i || ' > ' || len(a)) else a[i] end;
create macro tr_array_element (a, i) as
    case when i = 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1') else a[i] end;
create macro tr_map_subscript (m, k) as case when m is null or k is null then null
    when not map_contains(m, k) then tr_fail('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || k)
    else m[k] end;
-- Trino's SequenceFunction and RepeatFunction: what is too long fails. The check is in the argument that makes the
-- length: DuckDB evaluates a constant generate_series also in the branch of a CASE that is never taken.
create macro tr_entries (n) as case
    when n > 10000 then tr_fail('INVALID_FUNCTION_ARGUMENT: result of sequence function must not have more than 10000 entries')
    else n end;
create macro tr_stop (a, b, n, up, down) as case
    when (up and b < a) or (down and b > a) then tr_fail('INVALID_FUNCTION_ARGUMENT: sequence stop value should be '
         || 'greater than or equal to start value if step is greater than zero otherwise stop should be less than or '
         || 'equal to start')
    when tr_entries(n) is null then null else b end;
create macro tr_months (step) as cast(date_part('year', step) * 12 + date_part('month', step) as bigint);
-- entries of a sequence of times: by months where the step has any, else by the step's length
create macro tr_times (a, b, step) as case
    when tr_months(step) = 0 and epoch(step) = 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: step must not be zero')
    when tr_months(step) <> 0 then abs(date_diff('month', a, b)) // abs(tr_months(step)) + 1
    else cast(floor(abs(epoch(b) - epoch(a)) / abs(epoch(step))) as bigint) + 1 end;
create macro tr_up (step) as (tr_months(step) > 0 or (tr_months(step) = 0 and epoch(step) > 0));
create macro tr_time_stop (a, b, step) as tr_stop(a, b, tr_times(a, b, step), tr_up(step), not tr_up(step));
create macro tr_numbers (a, b, step) as case
    when step = 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: step must not be zero')
    else (cast(b as hugeint) - a) // step + 1 end;
create macro tr_sequence
    (a bigint, b bigint) as
        generate_series(a, tr_stop(a, b, abs(cast(b as hugeint) - a) + 1, false, false),
                        case when a <= b then 1 else -1 end),
    (a bigint, b bigint, step bigint) as
        generate_series(a, tr_stop(a, b, tr_numbers(a, b, step), step > 0, step < 0), step),
    (a date, b date) as list_transform(
        generate_series(a, tr_stop(a, b, abs(date_diff('day', a, b)) + 1, false, false),
                        case when a <= b then interval 1 day else interval (-1) day end), lambda x: cast(x as date)),
    (a date, b date, step interval) as list_transform(
        generate_series(a, tr_time_stop(a, b, step), step), lambda x: cast(x as date)),
    (a timestamp, b timestamp, step interval) as
        generate_series(a, tr_time_stop(a, b, step), step);
create macro tr_count (n, bytes) as case
    when n > 10000 then tr_fail('INVALID_FUNCTION_ARGUMENT: count argument of repeat function must be less than or '
                                || 'equal to 10000')
    when n < 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: count argument of repeat function must be greater than or '
                            || 'equal to 0')
    when n * bytes >= 1000000 then tr_fail('INVALID_FUNCTION_ARGUMENT: result of repeat function must not take more '
                                           || 'than 1000000 bytes')
    else n end;
-- StringFunctions.pad of Trino
create macro tr_length_of_pad (n, padding) as case
    when n < 0 or n > 2147483647 then tr_fail('INVALID_FUNCTION_ARGUMENT: Target length must be in the range '
                                              || '[0..2147483647]')
    when length(padding) = 0 then tr_fail('INVALID_FUNCTION_ARGUMENT: Padding string must not be empty')
    else cast(n as integer) end;
create macro tr_lpad (s varchar, n bigint, padding varchar) as lpad(s, tr_length_of_pad(n, padding), padding);
create macro tr_rpad (s varchar, n bigint, padding varchar) as rpad(s, tr_length_of_pad(n, padding), padding);
-- the first value of a repeated key stays, as in Trino's map_agg
create macro tr_map_of_first (entries) as map_from_entries(
    list_filter(entries, lambda e, i: list_position(list_transform(entries, lambda x: x.key), e.key) = i));
create macro tr_split_to_map (s varchar, entry varchar, pair varchar) as map_from_entries(list_transform(
    string_split(s, entry), lambda e: struct_pack(key := split_part(e, pair, 1), value := split_part(e, pair, 2))));
