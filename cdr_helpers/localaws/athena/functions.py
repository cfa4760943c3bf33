# ruff: noqa: E501 -- one line for each function
"""Trino's functions: for each signature, its result type and the DuckDB expression that answers it.

A line is `name(parameter types) -> result = template`. Single letters are type variables: `n` a number, `i` an
integer, `d` a date or timestamp, any other letter anything (the same wherever it stands; `any` differs). `...` repeats the last parameter. In a template `{0}` is
the first argument; in aggregates `{D}` is DISTINCT, `{O}` the ORDER BY inside, `{F}` FILTER and OVER.

Source: Trino documentation, "Functions and operators"; Athena user guide, "Functions in Amazon Athena".
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ..tables import types as t
from ..tables.types import Type
from . import ast

SCALARS = r"""
abs(n) -> n = abs({0})
ceil(i) -> i = {0}
ceil(double) -> double = ceil({0})
ceil(real) -> real = ceil({0})
ceiling(i) -> i = {0}
ceiling(double) -> double = ceil({0})
ceiling(real) -> real = ceil({0})
floor(i) -> i = {0}
floor(double) -> double = floor({0})
floor(real) -> real = floor({0})
round(i) -> i = {0}
round(double) -> double = t_round({0}, 0)
round(real) -> real = t_round({0}, 0)
round(i, bigint) -> i = round({0}, CAST({1} AS INTEGER))
round(double, bigint) -> double = t_round({0}, {1})
round(real, bigint) -> real = t_round({0}, {1})
sign(i) -> i = sign({0})
sign(double) -> double = CASE WHEN isnan({0}) THEN {0} ELSE CAST(sign({0}) AS DOUBLE) END
truncate(double) -> double = trunc({0})
truncate(real) -> real = trunc({0})
truncate(i) -> i = {0}
power(double, double) -> double = pow({0}, {1})
pow(double, double) -> double = pow({0}, {1})
sqrt(double) -> double = CASE WHEN {0} < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt({0}) END
cbrt(double) -> double = CASE WHEN {0} IS NOT NULL THEN CASE WHEN round(cbrt({0})) * round(cbrt({0})) * round(cbrt({0})) = {0} THEN round(cbrt({0})) ELSE cbrt({0}) END END
exp(double) -> double = exp({0})
ln(double) -> double = CASE WHEN {0} < 0 THEN CAST('nan' AS DOUBLE) WHEN {0} = 0 THEN CAST('-inf' AS DOUBLE) ELSE ln({0}) END
log2(double) -> double = CASE WHEN {0} < 0 THEN CAST('nan' AS DOUBLE) WHEN {0} = 0 THEN CAST('-inf' AS DOUBLE) ELSE log2({0}) END
log10(double) -> double = CASE WHEN {0} < 0 THEN CAST('nan' AS DOUBLE) WHEN {0} = 0 THEN CAST('-inf' AS DOUBLE) ELSE log10({0}) END
log(double, double) -> double = (ln({1}) / ln({0}))
mod(i, i) -> i = t_mod({0}, {1})
mod(double, double) -> double = t_fmod({0}, {1})
pi() -> double = pi()
e() -> double = CAST(2.718281828459045 AS DOUBLE)
nan() -> double = CAST('nan' AS DOUBLE)
infinity() -> double = CAST('inf' AS DOUBLE)
is_nan(double) -> boolean = isnan({0})
is_finite(double) -> boolean = isfinite({0})
is_infinite(double) -> boolean = isinf({0})
degrees(double) -> double = degrees({0})
radians(double) -> double = radians({0})
sin(double) -> double = sin({0})
cos(double) -> double = cos({0})
tan(double) -> double = tan({0})
asin(double) -> double = CASE WHEN abs({0}) > 1 THEN CAST('nan' AS DOUBLE) ELSE asin({0}) END
acos(double) -> double = CASE WHEN abs({0}) > 1 THEN CAST('nan' AS DOUBLE) ELSE acos({0}) END
atan(double) -> double = atan({0})
atan2(double, double) -> double = atan2({0}, {1})
sinh(double) -> double = sinh({0})
cosh(double) -> double = cosh({0})
tanh(double) -> double = tanh({0})
rand() -> double = random()
random() -> double = random()
random(bigint) -> bigint = CASE WHEN {0} > 0 THEN CAST(floor(random() * {0}) AS BIGINT) ELSE t_fail('INVALID_FUNCTION_ARGUMENT', 'bound must be positive') END
random(bigint, bigint) -> bigint = CASE WHEN {1} > {0} THEN CAST(floor({0} + random() * ({1} - {0})) AS BIGINT) ELSE t_fail('INVALID_FUNCTION_ARGUMENT', 'start value must be less than stop value') END
to_base(bigint, bigint) -> varchar = t_to_base({0}, {1})
from_base(varchar, bigint) -> bigint = t_from_base({0}, {1})
width_bucket(double, double, double, bigint) -> bigint = t_width_bucket({0}, {1}, {2}, {3})
bitwise_and(bigint, bigint) -> bigint = ({0} & {1})
bitwise_or(bigint, bigint) -> bigint = ({0} | {1})
bitwise_xor(bigint, bigint) -> bigint = xor({0}, {1})
bitwise_not(bigint) -> bigint = (~{0})
bitwise_left_shift(bigint, bigint) -> bigint = CASE WHEN {1} >= 64 THEN 0 ELSE CAST(CAST(bit_count(0) AS BIGINT) + ({0} * CAST(pow(2, {1}) AS BIGINT)) AS BIGINT) END
bitwise_right_shift(bigint, bigint) -> bigint = CASE WHEN {1} >= 64 THEN 0 WHEN {0} >= 0 THEN {0} >> {1} WHEN {1} = 0 THEN {0} ELSE CAST(((CAST({0} AS HUGEINT) + 18446744073709551616) // CAST(pow(2, {1}) AS HUGEINT)) AS BIGINT) END
bitwise_right_shift_arithmetic(bigint, bigint) -> bigint = CASE WHEN {1} >= 64 THEN CASE WHEN {0} < 0 THEN -1 ELSE 0 END ELSE CAST(floor({0} / pow(2, {1})) AS BIGINT) END
bit_count(bigint, bigint) -> bigint = CASE WHEN {1} = 64 THEN CAST(bit_count({0}) AS BIGINT) ELSE CAST(bit_count(CAST((CAST({0} AS HUGEINT) + 18446744073709551616) % CAST(pow(2, {1}) AS HUGEINT) AS BIGINT)) AS BIGINT) END
normal_cdf(double, double, double) -> double = t_normal_cdf({0}, {1}, {2})
inverse_normal_cdf(double, double, double) -> double = t_inverse_normal_cdf({0}, {1}, {2})
wilson_interval_lower(bigint, bigint, double) -> double = t_wilson({0}, {1}, {2}, CAST(-1 AS BIGINT))
wilson_interval_upper(bigint, bigint, double) -> double = t_wilson({0}, {1}, {2}, CAST(1 AS BIGINT))
cosine_similarity(map(varchar, double), map(varchar, double)) -> double = t_cosine(map_keys({0}), map_values({0}), map_keys({1}), map_values({1}))
ceil(q) -> q = @ceil_decimal
ceiling(q) -> q = @ceil_decimal
floor(q) -> q = @floor_decimal
round(q) -> q = @round_decimal
round(q, bigint) -> q = @round_decimal
truncate(q) -> q = @truncate_decimal
truncate(q, bigint) -> q = @truncate_decimal
truncate(double, bigint) -> double = (trunc({0} * pow(10, {1})) / pow(10, {1}))
sign(q) -> decimal(1,0) = CAST(sign({0}) AS DECIMAL(1,0))
mod(q, q) -> q = t_mod({0}, {1})
luhn_check(varchar) -> boolean = t_luhn_check({0})
soundex(varchar) -> varchar = t_soundex({0})
format_number(double) -> varchar = t_format_number({0})
parse_data_size(varchar) -> decimal(38,0) = t_parse_data_size({0})
regexp_position(varchar, varchar) -> integer = t_regexp_position({0}, {1}, CAST(1 AS BIGINT), CAST(1 AS BIGINT))
regexp_position(varchar, varchar, bigint) -> integer = t_regexp_position({0}, {1}, {2}, CAST(1 AS BIGINT))
regexp_position(varchar, varchar, bigint, bigint) -> integer = t_regexp_position({0}, {1}, {2}, {3})
sha512(varbinary) -> varbinary = t_sha512({0})
crc32(varbinary) -> bigint = t_crc32({0})
hmac_md5(varbinary, varbinary) -> varbinary = t_hmac_md5({0}, {1})
hmac_sha1(varbinary, varbinary) -> varbinary = t_hmac_sha1({0}, {1})
hmac_sha256(varbinary, varbinary) -> varbinary = t_hmac_sha256({0}, {1})
hmac_sha512(varbinary, varbinary) -> varbinary = t_hmac_sha512({0}, {1})
to_big_endian_64(bigint) -> varbinary = t_to_big_endian_64({0})
to_big_endian_32(integer) -> varbinary = t_to_big_endian_32({0})
from_big_endian_64(varbinary) -> bigint = t_from_big_endian_64({0})
from_big_endian_32(varbinary) -> integer = t_from_big_endian_32({0})
format(varchar, any...) -> varchar = @format
zip(array(t), array(u)) -> array(row(t, u)) = @zip
zip(array(t), array(u), array(w)) -> array(row(t, u, w)) = @zip
combinations(array(t), bigint) -> array(array(t)) = @combinations
multimap_from_entries(array(row(k, v))) -> map(k, array(v)) = @multimap_from_entries
map_zip_with(map(k, v), map(k, u), function(k, v, u, r)) -> map(k, r) = @map_zip_with
array_sort(array(t), function(t, t, bigint)) -> array(t) = @array_sort
upper(varchar) -> v0 = upper({0})
lower(varchar) -> v0 = lower({0})
length(varchar) -> bigint = length({0})
length(char(x)) -> bigint = length({0})
length(varbinary) -> bigint = octet_length({0})
reverse(varchar) -> v0 = reverse({0})
reverse(array(t)) -> array(t) = list_reverse({0})
concat(varchar, varchar...) -> varchar = ({|| })
concat(array(t), array(t)...) -> array(t) = flatten([{*}])
concat(varbinary, varbinary...) -> varbinary = ({|| })
concat_ws(varchar, array(varchar)) -> varchar = array_to_string(list_filter({1}, lambda x: x IS NOT NULL), {0})
concat_ws(varchar, varchar...) -> varchar = CASE WHEN {0} IS NOT NULL THEN concat_ws({*}) END
substr(varchar, bigint) -> v0 = t_substr({0}, {1})
substr(varchar, bigint, bigint) -> v0 = t_substr3({0}, {1}, {2})
substring(varchar, bigint) -> v0 = t_substr({0}, {1})
substring(varchar, bigint, bigint) -> v0 = t_substr3({0}, {1}, {2})
trim(varchar) -> v0 = trim({0})
trim(varchar, varchar) -> v0 = trim({0}, {1})
ltrim(varchar) -> v0 = ltrim({0})
ltrim(varchar, varchar) -> v0 = ltrim({0}, {1})
rtrim(varchar) -> v0 = rtrim({0})
rtrim(varchar, varchar) -> v0 = rtrim({0}, {1})
replace(varchar, varchar) -> varchar = replace({0}, {1}, '')
replace(varchar, varchar, varchar) -> varchar = replace({0}, {1}, {2})
strpos(varchar, varchar) -> bigint = CAST(instr({0}, {1}) AS BIGINT)
strpos(varchar, varchar, bigint) -> bigint = CAST(t_strpos({0}, {1}, {2}) AS BIGINT)
starts_with(varchar, varchar) -> boolean = starts_with({0}, {1})
ends_with(varchar, varchar) -> boolean = ends_with({0}, {1})
split(varchar, varchar) -> array(varchar) = string_split({0}, {1})
split(varchar, varchar, bigint) -> array(varchar) = t_split_limit({0}, {1}, {2})
split_part(varchar, varchar, bigint) -> varchar = t_split_part({0}, {1}, {2})
split_to_map(varchar, varchar, varchar) -> map(varchar, varchar) = map(list_transform(string_split({0}, {1}), lambda x: string_split(x, {2})[1]), list_transform(string_split({0}, {1}), lambda x: string_split(x, {2})[2]))
lpad(varchar, bigint, varchar) -> varchar = t_pad_left({0}, CAST({1} AS INTEGER), {2})
rpad(varchar, bigint, varchar) -> varchar = t_pad_right({0}, CAST({1} AS INTEGER), {2})
chr(bigint) -> varchar(1) = chr(CAST({0} AS INTEGER))
codepoint(varchar) -> integer = unicode({0})
levenshtein_distance(varchar, varchar) -> bigint = CAST(levenshtein({0}, {1}) AS BIGINT)
hamming_distance(varchar, varchar) -> bigint = CASE WHEN length({0}) <> length({1}) THEN t_fail('INVALID_FUNCTION_ARGUMENT', 'The input strings to hamming_distance function must have the same length') ELSE CAST(hamming({0}, {1}) AS BIGINT) END
translate(varchar, varchar, varchar) -> varchar = translate({0}, {1}, {2})
normalize(varchar, varchar) -> varchar = t_normalize({1}, {0})
to_utf8(varchar) -> varbinary = encode({0})
from_utf8(varbinary) -> varchar = decode({0})
repeat(t, bigint) -> array(t) = CASE WHEN {1} < 0 THEN [{0}][1:t_fail('INVALID_FUNCTION_ARGUMENT', 'count argument of repeat function must be greater than or equal to 0')] WHEN {1} > 10000 THEN [{0}][1:t_fail('INVALID_FUNCTION_ARGUMENT', 'count argument of repeat function must be less than or equal to 10000')] ELSE list_transform(range(CAST({1} AS BIGINT)), lambda x: {0}) END
regexp_like(varchar, varchar) -> boolean = regexp_matches({0}, t_regexp({1}))
regexp_extract(varchar, varchar) -> varchar = t_regexp_extract({0}, t_regexp({1}), 0)
regexp_extract(varchar, varchar, bigint) -> varchar = @regexp_group
regexp_extract_all(varchar, varchar) -> array(varchar) = regexp_extract_all({0}, t_regexp({1}))
regexp_extract_all(varchar, varchar, bigint) -> array(varchar) = @regexp_group
regexp_replace(varchar, varchar) -> varchar = regexp_replace({0}, t_regexp({1}), '', 'g')
regexp_replace(varchar, varchar, varchar) -> varchar = @regexp_replace
regexp_split(varchar, varchar) -> array(varchar) = string_split_regex({0}, t_regexp({1}))
regexp_count(varchar, varchar) -> bigint = CAST(len(regexp_extract_all({0}, t_regexp({1}))) AS BIGINT)
md5(varbinary) -> varbinary = unhex(md5({0}))
sha1(varbinary) -> varbinary = unhex(sha1({0}))
sha256(varbinary) -> varbinary = unhex(sha256({0}))
to_hex(varbinary) -> varchar = hex({0})
from_hex(varchar) -> varbinary = unhex({0})
to_base64(varbinary) -> varchar = to_base64({0})
from_base64(varchar) -> varbinary = from_base64({0})
to_base64url(varbinary) -> varchar = translate(to_base64({0}), '+/', '-_')
from_base64url(varchar) -> varbinary = from_base64(translate({0}, '-_', '+/'))
url_extract_protocol(varchar) -> varchar = nullif(t_url({0}).protocol, '')
url_extract_host(varchar) -> varchar = nullif(t_url({0}).host, '')
url_extract_port(varchar) -> bigint = TRY_CAST(nullif(t_url({0}).port, '') AS BIGINT)
url_extract_path(varchar) -> varchar = t_url({0}).path
url_extract_query(varchar) -> varchar = t_url({0}).query
url_extract_fragment(varchar) -> varchar = t_url({0}).fragment
url_extract_parameter(varchar, varchar) -> varchar = list_filter(list_transform(string_split(t_url({0}).query, '&'), lambda x: struct_pack(k := string_split(x, '=')[1], v := t_url_decode(string_split(x, '=')[2]))), lambda x: x.k = {1})[1].v
url_decode(varchar) -> varchar = t_url_decode({0})
url_encode(varchar) -> varchar = t_url_encode({0})
uuid() -> uuid = uuid()
current_timezone() -> varchar = 'UTC'
current_user() -> varchar = 'user'
json_parse(varchar) -> json = t_json_parse({0})
json_format(json) -> varchar = {0}
json_extract(json, varchar) -> json = t_json_extract({0}, {1})
json_extract(varchar, varchar) -> json = t_json_extract({0}, {1})
json_extract_scalar(json, varchar) -> varchar = t_json_extract_scalar({0}, {1})
json_extract_scalar(varchar, varchar) -> varchar = t_json_extract_scalar({0}, {1})
json_array_length(json) -> bigint = CASE WHEN json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS BIGINT) END
json_array_length(varchar) -> bigint = CASE WHEN json_valid({0}) AND json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS BIGINT) END
json_array_get(json, bigint) -> json = CAST(json_extract({0}, '$[' || CASE WHEN {1} < 0 THEN '#' ELSE '' END || {1} || ']') AS VARCHAR)
json_array_get(varchar, bigint) -> json = CAST(json_extract({0}, '$[' || CASE WHEN {1} < 0 THEN '#' ELSE '' END || {1} || ']') AS VARCHAR)
json_size(json, varchar) -> bigint = CASE json_type({0}, {1}) WHEN 'ARRAY' THEN CAST(json_array_length({0}, {1}) AS BIGINT) WHEN 'OBJECT' THEN CAST(len(json_keys({0}, {1})) AS BIGINT) ELSE CASE WHEN json_type({0}, {1}) IS NOT NULL THEN 0 END END
json_size(varchar, varchar) -> bigint = CASE json_type({0}, {1}) WHEN 'ARRAY' THEN CAST(json_array_length({0}, {1}) AS BIGINT) WHEN 'OBJECT' THEN CAST(len(json_keys({0}, {1})) AS BIGINT) ELSE CASE WHEN json_type({0}, {1}) IS NOT NULL THEN 0 END END
is_json_scalar(json) -> boolean = (json_type({0}) NOT IN ('ARRAY', 'OBJECT'))
is_json_scalar(varchar) -> boolean = (json_type({0}) NOT IN ('ARRAY', 'OBJECT'))
cardinality(array(t)) -> bigint = CAST(len({0}) AS BIGINT)
cardinality(map(k, v)) -> bigint = CAST(cardinality({0}) AS BIGINT)
element_at(array(t), bigint) -> t = t_element_at({0}, {1})
element_at(map(k, v), k) -> v = ({0})[{1}]
contains(array(t), t) -> boolean = CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL WHEN list_contains({0}, {1}) THEN true WHEN len(list_filter({0}, lambda x: x IS NULL)) > 0 THEN NULL ELSE false END
array_distinct(array(t)) -> array(t) = list_transform(list_filter(list_zip({0}, range(1, len({0}) + 1)), lambda x: list_position({0}, x[1]) = x[2] OR (x[1] IS NULL AND len(list_filter(({0})[1:x[2] - 1], lambda y: y IS NULL)) = 0)), lambda x: x[1])
array_sort(array(t)) -> array(t) = list_sort({0}, 'ASC', 'NULLS LAST')
array_max(array(t)) -> t = CASE WHEN len(list_filter({0}, lambda x: x IS NULL)) = 0 THEN list_max({0}) END
array_min(array(t)) -> t = CASE WHEN len(list_filter({0}, lambda x: x IS NULL)) = 0 THEN list_min({0}) END
array_position(array(t), t) -> bigint = CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT) END
array_remove(array(t), t) -> array(t) = list_filter({0}, lambda x: x IS DISTINCT FROM {1})
array_join(array(t), varchar) -> varchar = @array_join
array_join(array(t), varchar, varchar) -> varchar = @array_join
array_union(array(t), array(t)) -> array(t) = list_distinct(list_concat({0}, {1}))
array_intersect(array(t), array(t)) -> array(t) = list_distinct(list_filter({0}, lambda x: list_contains({1}, x)))
array_except(array(t), array(t)) -> array(t) = list_distinct(list_filter({0}, lambda x: NOT coalesce(list_contains({1}, x), false)))
arrays_overlap(array(t), array(t)) -> boolean = CASE WHEN list_has_any({0}, {1}) THEN true WHEN len(list_filter({0}, lambda x: x IS NULL)) > 0 OR len(list_filter({1}, lambda x: x IS NULL)) > 0 THEN NULL ELSE false END
flatten(array(array(t))) -> array(t) = flatten({0})
slice(array(t), bigint, bigint) -> array(t) = t_slice({0}, {1}, {2})
trim_array(array(t), bigint) -> array(t) = ({0})[1:len({0}) - {1}]
shuffle(array(t)) -> array(t) = list_transform(list_sort(list_transform({0}, lambda x: struct_pack(r := random(), v := x))), lambda x: x.v)
ngrams(array(t), bigint) -> array(array(t)) = CASE WHEN len({0}) <= {1} THEN [{0}] ELSE list_transform(range(1, len({0}) - {1} + 2), lambda i: ({0})[i:i + {1} - 1]) END
contains_sequence(array(t), array(t)) -> boolean = len(list_filter(range(1, len({0}) - len({1}) + 2), lambda i: ({0})[i:i + len({1}) - 1] = {1})) > 0
sequence(bigint, bigint) -> array(bigint) = t_sequence({0}, {1}, CASE WHEN {0} <= {1} THEN 1 ELSE -1 END)
sequence(bigint, bigint, bigint) -> array(bigint) = t_sequence({0}, {1}, {2})
sequence(date, date) -> array(date) = list_transform(t_sequence_ms({0}, {1}, CAST(CASE WHEN {0} <= {1} THEN 86400000 ELSE -86400000 END AS BIGINT)), lambda x: CAST(x AS DATE))
sequence(date, date, daytime) -> array(date) = list_transform(t_sequence_ms({0}, {1}, {2}), lambda x: CAST(x AS DATE))
sequence(date, date, yearmonth) -> array(date) = list_transform(t_sequence_months({0}, {1}, {2}), lambda x: CAST(x AS DATE))
sequence(timestamp(p), timestamp(p), daytime) -> array(timestamp(p)) = t_sequence_ms({0}, {1}, {2})
sequence(timestamp(p), timestamp(p), yearmonth) -> array(timestamp(p)) = t_sequence_months({0}, {1}, {2})
transform(array(t), function(t, s)) -> array(s) = list_transform({0}, {1})
filter(array(t), function(t, boolean)) -> array(t) = list_filter({0}, {1})
any_match(array(t), function(t, boolean)) -> boolean = CASE WHEN {0} IS NOT NULL THEN coalesce(list_bool_or(list_transform({0}, {1})) OR CASE WHEN len(list_filter(list_transform({0}, {1}), lambda x: x IS NULL)) > 0 THEN NULL ELSE false END, CASE WHEN len({0}) = 0 THEN false END) END
all_match(array(t), function(t, boolean)) -> boolean = CASE WHEN {0} IS NOT NULL THEN CASE WHEN len({0}) = 0 THEN true ELSE list_bool_and(list_transform({0}, {1})) AND CASE WHEN len(list_filter(list_transform({0}, {1}), lambda x: x IS NULL)) > 0 THEN NULL ELSE true END END END
none_match(array(t), function(t, boolean)) -> boolean = CASE WHEN {0} IS NOT NULL THEN CASE WHEN len({0}) = 0 THEN true ELSE NOT list_bool_or(list_transform({0}, {1})) END END
zip_with(array(t), array(u), function(t, u, r)) -> array(r) = @zip_with
reduce(array(t), s, function(s, t, s), function(s, r)) -> r = @reduce
map_keys(map(k, v)) -> array(k) = map_keys({0})
map_values(map(k, v)) -> array(v) = map_values({0})
map_entries(map(k, v)) -> array(row(k, v)) = list_transform(map_entries({0}), lambda x: struct_pack(field0 := x.key, field1 := x.value))
map_from_entries(array(row(k, v))) -> map(k, v) = @map_from_entries
map_concat(map(k, v), map(k, v)...) -> map(k, v) = map_concat({*})
map_filter(map(k, v), function(k, v, boolean)) -> map(k, v) = @map_filter
transform_keys(map(k, v), function(k, v, s)) -> map(s, v) = @transform_keys
transform_values(map(k, v), function(k, v, s)) -> map(k, s) = @transform_values
map(array(k), array(v)) -> map(k, v) = t_map({0}, {1})
map() -> map(unknown, unknown) = map()
date(varchar) -> date = @cast_date
date(timestamp(p)) -> date = CAST({0} AS DATE)
date(date) -> date = {0}
date(timestamptz(p)) -> date = @cast_date
date_trunc(varchar, d) -> d = @date_trunc
date_add(varchar, bigint, d) -> d = @date_add
date_add(varchar, bigint, time(p)) -> time(p) = @date_add
date_diff(varchar, d, d) -> bigint = @date_diff
date_format(d, varchar) -> varchar = @date_format
date_parse(varchar, varchar) -> timestamp(3) = @date_parse
format_datetime(d, varchar) -> varchar = @format_datetime
parse_datetime(varchar, varchar) -> timestamptz(3) = @parse_datetime
from_unixtime(double) -> timestamptz(3) = struct_pack(t := make_timestamp(CAST(round({0} * 1000) AS BIGINT) * 1000), z := 'UTC')
from_unixtime(double, varchar) -> timestamptz(3) = struct_pack(t := make_timestamp(CAST(round({0} * 1000) AS BIGINT) * 1000), z := {1})
from_unixtime(double, bigint, bigint) -> timestamptz(3) = struct_pack(t := make_timestamp(CAST(round({0} * 1000) AS BIGINT) * 1000), z := CASE WHEN {1} * 60 + {2} < 0 THEN '-' ELSE '+' END || lpad(CAST(abs({1}) AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs({2}) AS VARCHAR), 2, '0'))
to_unixtime(timestamptz(p)) -> double = (epoch_us(({0}).t) / 1e6)
to_unixtime(timestamp(p)) -> double = (epoch_us({0}) / 1e6)
from_iso8601_timestamp(varchar) -> timestamptz(3) = t_parse_zoned(t_iso8601_text({0}))
from_iso8601_date(varchar) -> date = t_iso8601_date({0})
to_iso8601(date) -> varchar = strftime({0}, '%Y-%m-%d')
to_iso8601(timestamp(p)) -> varchar = @to_iso8601
to_iso8601(timestamptz(p)) -> varchar = @to_iso8601
with_timezone(timestamp(p), varchar) -> timestamptz(p) = t_zoned({0}, t_zone_name({1}))
at_timezone(timestamptz(p), varchar) -> timestamptz(p) = struct_pack(t := ({0}).t, z := t_zone_name({1}))
last_day_of_month(d) -> date = last_day({L0})
year(d) -> bigint = year({L0})
year(yearmonth) -> bigint = ({0} // 12)
quarter(d) -> bigint = quarter({L0})
month(d) -> bigint = month({L0})
month(yearmonth) -> bigint = ({0} % 12)
week(d) -> bigint = week({L0})
week_of_year(d) -> bigint = week({L0})
year_of_week(d) -> bigint = isoyear({L0})
yow(d) -> bigint = isoyear({L0})
day(d) -> bigint = day({L0})
day(daytime) -> bigint = ({0} // 86400000)
day_of_month(d) -> bigint = day({L0})
day_of_week(d) -> bigint = isodow({L0})
dow(d) -> bigint = isodow({L0})
day_of_year(d) -> bigint = dayofyear({L0})
doy(d) -> bigint = dayofyear({L0})
hour(d) -> bigint = hour({L0})
hour(time(p)) -> bigint = hour({0})
hour(daytime) -> bigint = ({0} // 3600000 % 24)
minute(d) -> bigint = minute({L0})
minute(time(p)) -> bigint = minute({0})
minute(daytime) -> bigint = ({0} // 60000 % 60)
second(d) -> bigint = second({L0})
second(time(p)) -> bigint = second({0})
second(daytime) -> bigint = ({0} // 1000 % 60)
millisecond(d) -> bigint = (epoch_ms(CAST({L0} AS TIMESTAMP)) % 1000)
millisecond(daytime) -> bigint = ({0} % 1000)
timezone_hour(timestamptz(p)) -> bigint = (t_zone_minutes(({0}).t, ({0}).z) // 60)
timezone_minute(timestamptz(p)) -> bigint = (t_zone_minutes(({0}).t, ({0}).z) % 60)
to_milliseconds(daytime) -> bigint = {0}
now() -> timestamptz(3) = {NOW}
current_timestamp() -> timestamptz(3) = {NOW}
localtimestamp() -> timestamp(3) = ({NOW}).t
current_date() -> date = CAST(({NOW}).t AS DATE)
current_time() -> time(3) = CAST(({NOW}).t AS TIME)
localtime() -> time(3) = CAST(({NOW}).t AS TIME)
human_readable_seconds(double) -> varchar = t_human_readable_seconds({0})
parse_duration(varchar) -> daytime = t_parse_duration({0})
"""

AGGREGATES = r"""
count() -> bigint = count(*){F}
count(t) -> bigint = count({D}{0}){F}
count_if(boolean) -> bigint = CAST(count_if({D}{0}){F} AS BIGINT)
sum(bigint) -> bigint = CAST(sum({D}{0}){F} AS BIGINT)
sum(double) -> double = sum({D}{0}){F}
sum(q) -> q = @sum_decimal
avg(q) -> q = @avg_decimal
sum(real) -> real = CAST(sum({D}{0}){F} AS FLOAT)
sum(daytime) -> daytime = CAST(sum({D}{0}){F} AS BIGINT)
sum(yearmonth) -> yearmonth = CAST(sum({D}{0}){F} AS BIGINT)
avg(bigint) -> double = avg({D}{0}){F}
avg(double) -> double = avg({D}{0}){F}
avg(real) -> real = CAST(avg({D}{0}){F} AS FLOAT)
avg(daytime) -> daytime = CAST(avg({D}{0}){F} AS BIGINT)
min(o) -> o = min({D}{0}){F}
max(o) -> o = max({D}{0}){F}
min(o, bigint) -> array(o) = min({0}, {1}){F}
max(o, bigint) -> array(o) = max({0}, {1}){F}
min_by(t, o) -> t = arg_min_null({0}, {1}){F}
max_by(t, o) -> t = arg_max_null({0}, {1}){F}
min_by(t, o, bigint) -> array(t) = arg_min({0}, {1}, {2}){F}
max_by(t, o, bigint) -> array(t) = arg_max({0}, {1}, {2}){F}
arbitrary(t) -> t = any_value({0}){F}
any_value(t) -> t = any_value({0}){F}
bool_and(boolean) -> boolean = bool_and({0}){F}
bool_or(boolean) -> boolean = bool_or({0}){F}
every(boolean) -> boolean = bool_and({0}){F}
array_agg(t) -> array(t) = list({D}{0}{O}){F}
set_agg(t) -> array(t) = list(DISTINCT {0}){F}
listagg(varchar) -> varchar = string_agg({D}{0}, ''{O}){F}
listagg(varchar, varchar) -> varchar = string_agg({D}{0}, {1}{O}){F}
map_agg(k, v) -> map(k, v) = @map_agg
multimap_agg(k, v) -> map(k, array(v)) = @multimap_agg
histogram(t) -> map(t, bigint) = @histogram
approx_distinct(t) -> bigint = CAST(approx_count_distinct({0}){F} AS BIGINT)
approx_distinct(t, double) -> bigint = CAST(approx_count_distinct({0}){F} AS BIGINT)
approx_percentile(i, double) -> i = @approx_percentile
approx_percentile(double, double) -> double = @approx_percentile
approx_percentile(real, double) -> real = @approx_percentile
approx_percentile(i, array(double)) -> array(i) = @approx_percentile
approx_percentile(double, array(double)) -> array(double) = @approx_percentile
stddev(double) -> double = stddev_samp({D}{0}){F}
stddev_samp(double) -> double = stddev_samp({D}{0}){F}
stddev_pop(double) -> double = stddev_pop({D}{0}){F}
variance(double) -> double = var_samp({D}{0}){F}
var_samp(double) -> double = var_samp({D}{0}){F}
var_pop(double) -> double = var_pop({D}{0}){F}
geometric_mean(double) -> double = exp(avg({D}ln({0})){F})
skewness(double) -> double = @skewness
kurtosis(double) -> double = @kurtosis
corr(double, double) -> double = corr({0}, {1}){F}
covar_pop(double, double) -> double = covar_pop({0}, {1}){F}
covar_samp(double, double) -> double = covar_samp({0}, {1}){F}
regr_slope(double, double) -> double = regr_slope({0}, {1}){F}
regr_intercept(double, double) -> double = regr_intercept({0}, {1}){F}
bitwise_and_agg(bigint) -> bigint = bit_and({0}){F}
bitwise_or_agg(bigint) -> bigint = bit_or({0}){F}
bitwise_xor_agg(bigint) -> bigint = bit_xor({0}){F}
checksum(t) -> varbinary = @refused
reduce_agg(t, s, function(s, t, s), function(s, s, s)) -> s = @reduce_agg
approx_most_frequent(bigint, t, bigint) -> map(t, bigint) = @approx_most_frequent
numeric_histogram(bigint, double) -> map(double, double) = @refused
"""

WINDOWS = r"""
row_number() -> bigint = row_number(){F}
rank() -> bigint = rank(){F}
dense_rank() -> bigint = dense_rank(){F}
percent_rank() -> double = percent_rank(){F}
cume_dist() -> double = cume_dist(){F}
ntile(bigint) -> bigint = ntile({0}){F}
first_value(t) -> t = first_value({0}{N}){F}
last_value(t) -> t = last_value({0}{N}){F}
nth_value(t, bigint) -> t = nth_value({0}, {1}{N}){F}
lag(t) -> t = lag({0}{N}){F}
lag(t, bigint) -> t = lag({0}, {1}{N}){F}
lag(t, bigint, t) -> t = lag({0}, {1}, {2}{N}){F}
lead(t) -> t = lead({0}{N}){F}
lead(t, bigint) -> t = lead({0}, {1}{N}){F}
lead(t, bigint, t) -> t = lead({0}, {1}, {2}{N}){F}
"""
NEED_ORDER = {"lag", "lead", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile"} - {"rank", "ntile"}


@dataclass(frozen=True)
class Signature:
    """One line of the table. `group` is scalar, aggregate or window."""

    name: str
    parameters: tuple[ast.TypeName, ...]
    repeated: bool
    result: ast.TypeName
    template: str
    group: str

    def accepts(self, count: int) -> bool:
        """Whether the signature can take this many arguments."""
        if self.repeated:
            return count >= len(self.parameters)
        return count == len(self.parameters)

    def parameter(self, index: int) -> ast.TypeName:
        """The parameter that argument `index` stands for."""
        return self.parameters[min(index, len(self.parameters) - 1)]


@functools.cache
def signatures() -> dict[str, list[Signature]]:
    """All signatures by function name; read once."""
    found: dict[str, list[Signature]] = {}
    for group, text in (("scalar", SCALARS), ("aggregate", AGGREGATES), ("window", WINDOWS)):
        for line in text.strip().splitlines():
            signature = _read(line, group)
            found.setdefault(signature.name, []).append(signature)
    return found


def _read(line: str, group: str) -> Signature:
    from .parser import Parser

    head, template = line.split(" = ", 1)
    left, result = head.split(" -> ")
    name, inside = left.split("(", 1)
    inside = inside[:-1]
    repeated = inside.endswith("...")
    parser = Parser(inside.removesuffix("..."))
    parameters = tuple(parser.commas(parser.type_name)) if inside else ()
    return Signature(name, parameters, repeated, Parser(result).type_name(), template, group)


SIMPLE = {"int": t.INTEGER, "float": t.REAL, "string": t.VARCHAR, "dec": t.decimal(38, 0)}


def type_of(written: ast.TypeName) -> Type | None:
    """The type that a written type name means, or None when there is no such type."""
    name, numbers = written.name, written.numbers
    if name in SIMPLE and not numbers:
        return SIMPLE[name]
    if name in ("array", "map", "row"):
        return _nested_type(written)
    if name in ("decimal", "dec", "numeric"):
        return t.decimal(numbers[0] if numbers else 38, numbers[1] if len(numbers) > 1 else 0)
    if name in ("timestamp", "timestamptz", "time"):
        return Type(name, (numbers[0] if numbers else 3,))
    if name == "char":
        return Type("char", (numbers[0] if numbers else 1,))
    if name == "varchar":
        return t.varchar(numbers[0] if numbers else None)
    return Type(name) if name in t.SCALARS else None


def _nested_type(written: ast.TypeName) -> Type | None:
    inner = [(name, type_of(type_)) for name, type_ in written.nested]
    wanted = {"array": 1, "map": 2}.get(written.name, len(inner))
    if len(inner) != wanted or any(type_ is None for _, type_ in inner):
        return None
    if written.name == "row":
        return t.row([(name, type_) for name, type_ in inner if type_])
    return Type(written.name, tuple(type_ for _, type_ in inner))
