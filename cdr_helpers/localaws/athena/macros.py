# ruff: noqa: E501 -- one line for each function
"""DuckDB macros that the translation relies on: what Trino does and DuckDB does not, written once.

They are created in every database that runs queries. Names begin with `t_`, which no statement of a caller can reach:
the translation knows only the functions of `functions.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

MACROS = r"""
t_fail(name, message) AS CAST(concat('ATHENA~', name, '~', message) AS INTEGER)
t_div(a, b) AS CASE WHEN b = 0 THEN t_fail('DIVISION_BY_ZERO', 'Division by zero') ELSE a // b END
t_mod(a, b) AS CASE WHEN b = 0 THEN t_fail('DIVISION_BY_ZERO', 'Division by zero') ELSE a % b END
t_fmod(a, b) AS CASE WHEN b = 0 THEN CAST('nan' AS DOUBLE) ELSE a % b END
t_parse_boolean(x) AS CASE WHEN lower(x) IN ('t', 'true', '1') THEN true WHEN lower(x) IN ('f', 'false', '0') THEN false END
t_parse_timestamp(x) AS CASE WHEN regexp_full_match(x, '\s*[+-]?\d{4,}-\d{1,2}-\d{1,2}( \d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?)?\s*') THEN TRY_CAST(CASE WHEN regexp_full_match(x, '.* \d{1,2}:\d{1,2}\s*') THEN rtrim(x) || ':00' ELSE x END AS TIMESTAMP) END
t_round_timestamp(x, unit) AS make_timestamp(CAST(floor((epoch_us(x) + unit // 2) / unit) AS BIGINT) * unit)
t_offset(z) AS (CASE WHEN z[1] = '-' THEN -1 ELSE 1 END) * (CAST(z[2:3] AS INTEGER) * 60 + CAST(coalesce(nullif(z[5:6], ''), '0') AS INTEGER))
t_is_offset(z) AS (z[1] = '+' OR z[1] = '-')
t_local(t, z) AS CASE WHEN z = 'UTC' THEN t WHEN t_is_offset(z) THEN t + to_minutes(t_offset(z)) ELSE timezone(z, timezone('UTC', t)) END
t_instant(l, z) AS CASE WHEN z = 'UTC' THEN l WHEN t_is_offset(z) THEN l - to_minutes(t_offset(z)) ELSE timezone('UTC', timezone(z, l)) END
t_zoned(l, z) AS struct_pack(t := t_instant(l, z), z := z)
t_zone_name(z) AS CASE WHEN z IN ('Z', 'GMT', 'UTC') THEN 'UTC' ELSE z END
t_parse_zoned(x) AS CASE WHEN regexp_full_match(x, '.*\d ?([+-]\d\d:\d\d|[A-Za-z_/]+)') THEN t_zoned(t_parse_timestamp(trim(regexp_replace(x, '([+-]\d\d:\d\d|[A-Za-z_/]+)$', ''))), t_zone_name(regexp_extract(x, '([+-]\d\d:\d\d|[A-Za-z_/]+)$', 1))) WHEN t_parse_timestamp(x) IS NOT NULL THEN t_zoned(t_parse_timestamp(x), 'UTC') END
t_offset_name(ms) AS CASE WHEN ms < 0 THEN '-' ELSE '+' END || lpad(CAST(abs(ms) // 3600000 AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs(ms) // 60000 % 60 AS VARCHAR), 2, '0')
t_zone_minutes(t, z) AS CASE WHEN z = 'UTC' THEN 0 ELSE CAST(epoch(t_local(t, z) - t) // 60 AS BIGINT) END
t_zone_suffix(t, z) AS CASE WHEN z = 'UTC' THEN 'Z' ELSE (CASE WHEN t_zone_minutes(t, z) < 0 THEN '-' ELSE '+' END) || lpad(CAST(abs(t_zone_minutes(t, z)) // 60 AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs(t_zone_minutes(t, z)) % 60 AS VARCHAR), 2, '0') END
t_digits(s) AS rtrim(ltrim(replace(regexp_replace(s, 'e.*$', ''), '.', ''), '0'), '0')
t_exponent(s) AS CASE WHEN s LIKE '%e%' THEN CAST(regexp_extract(s, 'e([+-]?\d+)', 1) AS INTEGER) ELSE 0 END + CASE WHEN s LIKE '0.%' THEN -1 - (length(regexp_extract(s, '0\.(0*)', 1))) ELSE length(regexp_extract(s, '^(\d+)', 1)) - 1 END
t_scientific(s) AS t_digits(s)[1] || '.' || coalesce(nullif(t_digits(s)[2:], ''), '0') || 'E' || CAST(t_exponent(s) AS VARCHAR)
t_float_text(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END WHEN x = 0 OR (abs(x) >= 1e-3 AND abs(x) < 1e7) THEN CAST(x AS VARCHAR) ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || t_scientific(CAST(abs(x) AS VARCHAR)) END
t_double_text(x) AS t_float_text(CAST(x AS DOUBLE))
t_real_text(x) AS t_float_text(CAST(x AS FLOAT))
t_binary_text(x) AS rtrim(regexp_replace(lower(hex(x)), '(..)', '\1 ', 'g'))
t_daytime_text(x) AS CASE WHEN x < 0 THEN '-' ELSE '' END || CAST(abs(x) // 86400000 AS VARCHAR) || ' ' || lpad(CAST(abs(x) // 3600000 % 24 AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs(x) // 60000 % 60 AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs(x) // 1000 % 60 AS VARCHAR), 2, '0') || '.' || lpad(CAST(abs(x) % 1000 AS VARCHAR), 3, '0')
t_yearmonth_text(x) AS CASE WHEN x < 0 THEN '-' ELSE '' END || CAST(abs(x) // 12 AS VARCHAR) || '-' || CAST(abs(x) % 12 AS VARCHAR)
t_ms(x) AS to_microseconds(x * 1000)
t_months(x) AS to_months(CAST(x AS INTEGER))
t_full_months(a, b) AS (year(b) - year(a)) * 12 + month(b) - month(a) - CASE WHEN a + to_months(CAST((year(b) - year(a)) * 12 + month(b) - month(a) AS INTEGER)) > b THEN 1 ELSE 0 END
t_months_between(a, b) AS CASE WHEN b >= a THEN t_full_months(a, b) ELSE -t_full_months(b, a) END
t_us_between(a, b) AS epoch_us(b) - epoch_us(a)
t_json_scalar(x) AS CASE json_type(x) WHEN 'NULL' THEN NULL WHEN 'VARCHAR' THEN json_extract_string(x, '$') ELSE CAST(json_extract(x, '$') AS VARCHAR) END
t_json_member(x, k) AS CAST(json_extract(x, '$."' || k || '"') AS VARCHAR)
t_json_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN json_valid(x) THEN CAST(json_extract(x, '$') AS VARCHAR) ELSE CAST(t_fail('INVALID_FUNCTION_ARGUMENT', concat('Cannot convert value to JSON: ''', x, '''')) AS VARCHAR) END
t_json_path(p) AS regexp_replace(regexp_replace(p, '\["([^"]*)"\]', '."\1"', 'g'), '^(lax|strict) +', '')
t_json_extract(x, p) AS CASE WHEN json_valid(x) THEN CAST(json_extract(x, t_json_path(p)) AS VARCHAR) END
t_json_extract_scalar(x, p) AS CASE WHEN json_valid(x) AND json_type(x, t_json_path(p)) NOT IN ('ARRAY', 'OBJECT', 'NULL') THEN json_extract_string(x, t_json_path(p)) END
t_substr(x, s) AS CASE WHEN s > 0 THEN substr(x, s) WHEN s < 0 AND -s <= length(x) THEN substr(x, length(x) + s + 1) WHEN x IS NOT NULL AND s IS NOT NULL THEN '' END
t_substr3(x, s, n) AS CASE WHEN n <= 0 THEN '' WHEN s > 0 THEN substr(x, s, n) WHEN s < 0 AND -s <= length(x) THEN substr(x, length(x) + s + 1, n) WHEN x IS NOT NULL AND s IS NOT NULL AND n IS NOT NULL THEN '' END
t_split_part(x, d, n) AS CASE WHEN n <= 0 THEN CAST(t_fail('INVALID_FUNCTION_ARGUMENT', 'Index must be greater than zero') AS VARCHAR) WHEN x IS NULL THEN NULL ELSE string_split(x, d)[n] END
t_split_limit(x, d, n) AS CASE WHEN len(string_split(x, d)) <= n THEN string_split(x, d) ELSE list_concat(string_split(x, d)[1:n - 1], [array_to_string(string_split(x, d)[n:], d)]) END
t_strpos(x, s, n) AS CASE WHEN x IS NULL OR s IS NULL OR n IS NULL THEN NULL WHEN len(string_split(x, s)) - 1 < abs(n) THEN 0 WHEN n > 0 THEN length(array_to_string(string_split(x, s)[1:n], s)) + 1 ELSE length(array_to_string(string_split(x, s)[1:len(string_split(x, s)) + n], s)) + 1 END
t_replacement(r) AS regexp_replace(regexp_replace(regexp_replace(replace(r, '\', '\\'), '\\\\\$', chr(1), 'g'), '\$\{?(\d)\}?', '\\\1', 'g'), chr(1), '$', 'g')
t_regexp(p) AS replace(replace(p, '(?<', '(?P<'), '(?P<=', '(?<=')
t_regexp_extract(x, p, g) AS CASE WHEN regexp_matches(x, p) THEN regexp_extract(x, p, g) END
t_sequence_stop(a, b, step, size) AS CASE WHEN step = 0 THEN t_fail('INVALID_FUNCTION_ARGUMENT', 'step must not be zero') WHEN (step > 0 AND a > b) OR (step < 0 AND a < b) THEN t_fail('INVALID_FUNCTION_ARGUMENT', 'sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start') WHEN size >= 10000 THEN t_fail('INVALID_FUNCTION_ARGUMENT', 'result of sequence function must not have more than 10000 entries') END
t_sequence(a, b, step) AS generate_series(a, coalesce(CAST(t_sequence_stop(a, b, step, abs((CAST(b AS HUGEINT) - a) // nullif(step, 0))) AS BIGINT), b), step)
t_sequence_ms(a, b, step) AS generate_series(CAST(a AS TIMESTAMP), coalesce(CAST(CAST(t_sequence_stop(a, b, step, abs((epoch_ms(CAST(b AS TIMESTAMP)) - epoch_ms(CAST(a AS TIMESTAMP))) // nullif(step, 0))) AS VARCHAR) AS TIMESTAMP), CAST(b AS TIMESTAMP)), t_ms(step))
t_sequence_months(a, b, step) AS generate_series(CAST(a AS TIMESTAMP), coalesce(CAST(CAST(t_sequence_stop(a, b, step, abs(t_months_between(CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP)) // nullif(step, 0))) AS VARCHAR) AS TIMESTAMP), CAST(b AS TIMESTAMP)), t_months(step))
t_pad_check(n) AS CASE WHEN n < 0 OR n > 2147483647 THEN t_fail('INVALID_FUNCTION_ARGUMENT', 'Target length must be in the range [0..2147483647]') WHEN n > 100000000 THEN t_fail('EXCEEDED_LOCAL_MEMORY_LIMIT', concat('Query exceeded per-node memory limit: a text of ', n, ' characters')) ELSE n END
t_pad_left(x, n, p) AS lpad(x, CAST(t_pad_check(n) AS INTEGER), p)
t_pad_right(x, n, p) AS rpad(x, CAST(t_pad_check(n) AS INTEGER), p)
t_element(x, i) AS CASE WHEN i IS NULL OR x IS NULL THEN NULL WHEN i = 0 THEN x[t_fail('INVALID_FUNCTION_ARGUMENT', 'SQL array indices start at 1')] WHEN i < 0 THEN x[t_fail('INVALID_FUNCTION_ARGUMENT', concat('Array subscript is negative: ', i))] WHEN i > len(x) THEN x[t_fail('INVALID_FUNCTION_ARGUMENT', concat('Array subscript must be less than or equal to array length: ', i, ' > ', len(x)))] ELSE x[i] END
t_element_at(x, i) AS CASE WHEN i = 0 THEN x[t_fail('INVALID_FUNCTION_ARGUMENT', 'SQL array indices start at 1')] ELSE x[i] END
t_slice(x, s, n) AS CASE WHEN s = 0 THEN x[t_fail('INVALID_FUNCTION_ARGUMENT', 'SQL array indices start at 1'):1] WHEN s < 0 AND -s > len(x) THEN x[1:0] WHEN s < 0 THEN x[len(x) + s + 1:len(x) + s + n] ELSE x[s:s + n - 1] END
t_map_get(m, k) AS CASE WHEN m IS NULL OR k IS NULL THEN NULL WHEN map_contains(m, k) THEN m[k] ELSE map_values(m)[t_fail('INVALID_FUNCTION_ARGUMENT', concat('Key not present in map: ', k))] END
t_map(k, v) AS CASE WHEN k IS NULL OR v IS NULL THEN NULL WHEN len(k) <> len(v) THEN map(k[1:t_fail('INVALID_FUNCTION_ARGUMENT', 'Key and value arrays must be the same length')], v) WHEN len(list_distinct(k)) <> len(k) THEN map(k[1:t_fail('INVALID_FUNCTION_ARGUMENT', 'Duplicate map keys are not allowed')], v) ELSE map(k, v) END
t_round(x, n) AS CASE WHEN isnan(x) OR isinf(x) THEN x ELSE round(x, CAST(n AS INTEGER)) END
t_width_bucket(x, a, b, n) AS CAST(CASE WHEN a < b THEN CASE WHEN x < a THEN 0 WHEN x >= b THEN n + 1 ELSE floor((x - a) / (b - a) * n) + 1 END ELSE CASE WHEN x > a THEN 0 WHEN x <= b THEN n + 1 ELSE floor((a - x) / (a - b) * n) + 1 END END AS BIGINT)
t_hour12(x) AS CASE WHEN hour(x) % 12 = 0 THEN 12 ELSE hour(x) % 12 END
t_url(u) AS regexp_extract(u, '^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d*))?)?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$', ['protocol', 'host', 'port', 'path', 'query', 'fragment'])
t_url_decode(x) AS url_decode(replace(x, '+', ' '))
t_url_encode(x) AS replace(replace(url_encode(x), '%20', '+'), '~', '%7E')
t_to_base(x, b) AS CASE WHEN x < 0 THEN '-' ELSE '' END || lower(to_base(abs(x), CAST(b AS INTEGER)))
t_base_digit(c) AS instr('0123456789abcdefghijklmnopqrstuvwxyz', lower(c)) - 1
t_from_base(x, b) AS CASE WHEN x LIKE '-%' THEN -1 ELSE 1 END * CAST(list_reduce(list_transform(string_split(ltrim(x, '-+'), ''), lambda c: CAST(t_base_digit(c) AS HUGEINT)), lambda s, d: s * b + d) AS BIGINT)
"""


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros in the connection's database."""
    for line in MACROS.strip().splitlines():
        connection.execute(f"CREATE OR REPLACE MACRO {line}")
