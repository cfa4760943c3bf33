"""Spark functions that DuckDB has with another meaning, as DuckDB macros."""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

MACROS: dict[str, str] = {
    "sp_under(x, top)": "CASE WHEN x >= 0 AND x < top THEN x END",
    "sp_local(d, us)": "make_timestamp(epoch_us(d::TIMESTAMP) + us)",
    "sp_year_day(y, n)": "CASE WHEN year(make_date(y, 1, 1) + n::INTEGER - 1) = y "
    "THEN (make_date(y, 1, 1) + n::INTEGER - 1)::DATE END",
    "sp_from(s, p)": "CASE WHEN p > 0 THEN p - 1 WHEN p < 0 THEN length(s) + p ELSE 0 END",
    "sp_cut(s, low, high)": "CASE WHEN high <= greatest(low, 0) THEN '' "
    "ELSE substr(s, greatest(low, 0) + 1, high - greatest(low, 0)) END",
    "sp_substring(s, p, n)": "CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL "
    "ELSE sp_cut(s, sp_from(s, p), sp_from(s, p) + greatest(n, 0)) END",
    "sp_left(s, n)": "CASE WHEN n <= 0 THEN CASE WHEN s IS NOT NULL THEN '' END ELSE left(s, n) END",
    "sp_right(s, n)": "CASE WHEN n <= 0 THEN CASE WHEN s IS NOT NULL THEN '' END ELSE right(s, n) END",
    "sp_locate(sub, s, p)": "CASE WHEN sub IS NULL OR s IS NULL OR p IS NULL THEN NULL WHEN p < 1 THEN 0 "
    "WHEN strpos(substr(s, p), sub) = 0 THEN 0 ELSE strpos(substr(s, p), sub) + p - 1 END",
    "sp_substring_index(s, d, n)": "CASE WHEN d = '' OR n = 0 THEN CASE WHEN s IS NOT NULL THEN '' END "
    "WHEN n > 0 THEN array_to_string(list_slice(string_split(s, d), 1, n), d) "
    "ELSE array_to_string(list_slice(string_split(s, d), n, -1), d) END",
    "sp_initcap(s)": "array_to_string(list_transform(string_split(lower(s), ' '), "
    "lambda w: upper(w[1]) || w[2:]), ' ')",
    "sp_split(s, p)": "CASE WHEN p = '' THEN CASE WHEN s = '' THEN [''] ELSE string_split(s, '') END "
    "ELSE string_split_regex(s, p) END",
    "sp_digits_value(s, b)": f"list_reduce(list_prepend(0::HUGEINT, list_transform(string_split(upper(s), ''), "
    f"lambda c: (strpos('{_ALPHABET}', c) - 1)::HUGEINT)), lambda a, x: a * b::HUGEINT + x)",
    "sp_conv(s, low, high)": "CASE WHEN s IS NULL THEN NULL WHEN s = '' THEN NULL "
    "ELSE upper(to_base(sp_digits_value(s, low)::BIGINT, high::INTEGER)) END",
    "sp_element(a, i)": "CASE WHEN i = 0 THEN error('[INVALID_INDEX_OF_ZERO] The index 0 is invalid.') "
    "ELSE list_extract(a, i) END",
    "sp_at(a, i)": "CASE WHEN i >= 0 THEN list_extract(a, i + 1) END",
    "sp_sqrt(d)": "CASE WHEN d < 0 THEN 'nan'::DOUBLE ELSE sqrt(d) END",
    "sp_ln(d)": "CASE WHEN d <= 0 THEN NULL ELSE ln(d) END",
    "sp_pmod(a, b)": "CASE WHEN b = 0 THEN NULL WHEN a % b < 0 THEN (a % b + b) % b ELSE a % b END",
    "sp_months_between(a, b)": "CASE WHEN day(a) = day(b) OR (a::DATE = last_day(a) AND b::DATE = last_day(b)) "
    "THEN ((year(a) - year(b)) * 12 + month(a) - month(b))::DOUBLE "
    "ELSE sp_months_part(a, b) END",
    "sp_second_of_day(t)": "(epoch_us(t) - epoch_us(t::DATE::TIMESTAMP)) // 1000000",
    "sp_months_part(a, b)": "round(((year(a) - year(b)) * 12 + month(a) - month(b))::DOUBLE + ((day(a) - day(b)) "
    "* 86400 + sp_second_of_day(a) - sp_second_of_day(b))::DOUBLE / 2678400.0::DOUBLE, 8)",
    "sp_weekday(s)": "list_position(['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'], lower(s)[1:2])",
    "sp_weekday_checked(s)": "CASE WHEN lower(s) IN ('mo', 'mon', 'monday', 'tu', 'tue', 'tuesday', 'we', 'wed', "
    "'wednesday', 'th', 'thu', 'thursday', 'fr', 'fri', 'friday', 'sa', 'sat', 'saturday', 'su', 'sun', 'sunday') "
    "THEN sp_weekday(s) END",
    "sp_next_day(d, s)": "(d + (((sp_weekday_checked(s) - isodow(d) + 6) % 7) + 1)::INTEGER)::DATE",
    "sp_add_months(d, n)": "(d + to_months(n::INTEGER))::DATE",
    "sp_moment(x, top)": "CASE WHEN x >= 0 AND x < top THEN x END",
    "sp_skewness(x)": "CASE WHEN count(x) = 0 THEN NULL WHEN var_pop(x) = 0 THEN 'nan'::DOUBLE ELSE "
    "(avg(x * x * x) - 3 * avg(x) * avg(x * x) + 2 * avg(x) * avg(x) * avg(x)) / power(var_pop(x), 1.5) END",
    "sp_kurtosis(x)": "CASE WHEN count(x) = 0 THEN NULL WHEN var_pop(x) = 0 THEN 'nan'::DOUBLE "
    "ELSE kurtosis_pop(x) END",
    # The sum is a whole number of `10 ** -scale`; rounded half up, as BigDecimal divides.
    "sp_decimal_avg(x, unit, scale)": "CASE WHEN count(x) > 0 THEN (sign(sum(x)) * ((2 * abs((sum(x) * unit)::HUGEINT) "
    "+ count(x)) // (2 * count(x))))::HUGEINT::VARCHAR || 'e-' || scale END",
}
