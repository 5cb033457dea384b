-- The landing's own SQL functions, created on every connection: how one number or point in time is read.
-- Which columns hold such values is data, in providers/.

-- The exact value of a number's text without going through the decimal type that the conversion uses:
-- all its digits as one whole number, and how many of them (the scale) are behind the point, 1250
-- and 2 for 12.50; in scientific notation the exponent moves the point, 15 and 8 for 1.5E-7.
CREATE MACRO exact_exponent(t) AS CASE
    WHEN contains(t, 'e') OR contains(t, 'E')
        THEN greatest(-99, least(99, CAST(split_part(lower(trim(t)), 'e', 2) AS INTEGER)))
    ELSE 0
END;

CREATE MACRO exact_mantissa(t) AS CASE
    WHEN contains(t, 'e') OR contains(t, 'E') THEN split_part(lower(trim(t)), 'e', 1)
    ELSE trim(t)
END;

CREATE MACRO exact_scale(m, e) AS
    CASE WHEN contains(m, '.') THEN length(m) - strpos(m, '.') ELSE 0 END - e;

CREATE MACRO exact_digits(m) AS replace(m, '.', '');

CREATE MACRO exact_sign(t) AS CASE WHEN starts_with(t, '-') THEN -1 ELSE 1 END;

-- What twelve decimals hold of it, in 1e-12ths, and what they cut off, in 1e-28ths.
CREATE MACRO exact_kept(d, scale) AS CASE
    WHEN scale <= 12 THEN CAST(rpad(d, CAST(length(d) + 12 - scale AS INTEGER), '0') AS HUGEINT)
    ELSE exact_sign(d) * CAST('0' || left(ltrim(d, '+-'), -(scale - 12)) AS HUGEINT)
END;

CREATE MACRO exact_cut(d, scale) AS CASE
    WHEN scale <= 12 THEN 0
    ELSE exact_sign(d) * CAST(
        rpad(left(lpad(right(ltrim(d, '+-'), scale - 12), CAST(scale - 12 AS INTEGER), '0'), 16), 16, '0')
        AS BIGINT
    )
END;

-- Through 18 digits where they suffice: ten times faster than straight to 38, the same rounding.
CREATE MACRO quick_decimal(t) AS coalesce(
    CAST(TRY_CAST(t AS DECIMAL(18, 12)) AS DECIMAL(38, 12)),
    CAST(t AS DECIMAL(38, 12))
);

-- What a plain number does not look like. DuckDB rounds scientific notation wrongly at the last digit
-- (5e-14 to 1e-12) unless it needs no rounding, as 5.5E-6: else, where 28 decimals hold the number,
-- it is rounded from there. It reads 1_000 as a thousand, which no bill means.
CREATE MACRO odd_decimal(t) AS CASE
    WHEN contains(t, '_') THEN CAST('not a number: ' || t AS DECIMAL(38, 12))
    -- At most 8 characters with an exponent of one digit, as 4.000E-7: told without taking it apart.
    WHEN length(t) <= 8 AND substr(t, -3, 1) IN ('e', 'E') THEN quick_decimal(t)
    WHEN exact_scale(exact_mantissa(t), exact_exponent(t)) <= 12 THEN quick_decimal(t)
    ELSE coalesce(
        CAST(TRY_CAST(t AS DECIMAL(38, 28)) AS DECIMAL(38, 12)),
        CAST(t AS DECIMAL(38, 12))
    )
END;

-- Most of a bill's numeric columns are empty in most rows: told first, three times faster.
CREATE MACRO to_decimal(t) AS CASE
    WHEN t IS NULL THEN NULL
    WHEN contains(t, 'e') OR contains(t, 'E') OR contains(t, '_') THEN odd_decimal(t)
    ELSE quick_decimal(t)
END;

-- The same, NULL for what is no number. Spelled without TRY(…), which crashes DuckDB 1.5 on some.
CREATE MACRO try_decimal(t) AS CASE
    WHEN NOT contains(t, '_') THEN TRY_CAST(t AS DECIMAL(38, 12))
END;

CREATE MACRO decimal_text(t) AS rtrim(rtrim(CAST(to_decimal(t) AS VARCHAR), '0'), '.');

-- One spelling per currency: capitals, without the white space (also the no-break kind) around it.
CREATE MACRO currency_code(t) AS
    nullif(upper(trim(t, chr(9) || chr(10) || chr(13) || chr(32) || chr(160))), '');

-- An id that was kept as a number.
CREATE MACRO without_point(t) AS regexp_replace(t, '\.0$', '');

CREATE MACRO id_of_digits(t, n) AS CASE
    WHEN t IS NULL OR (length(t) = n AND NOT contains(t, '.')) THEN t
    WHEN regexp_full_match(t, '\d+(\.0)?') AND length(without_point(t)) <= n THEN lpad(without_point(t), n, '0')
    ELSE t
END;

-- The same, NULL for one of which a spreadsheet kept a few digits, as in 1.23457E+11.
CREATE MACRO try_whole_id(t) AS CASE
    WHEN NOT contains(t, '+') OR NOT regexp_full_match(t, '\d([.,]\d+)?[eE]\+\d+') THEN t
END;

CREATE MACRO whole_id(t) AS CASE
    WHEN t IS NULL OR try_whole_id(t) IS NOT NULL THEN t
    ELSE error('a shortened id: ' || t)
END;

-- A plain cast would ignore an offset like +02:00. Dots are always day first; whether slashes are,
-- `dates.py` decides for the whole file.
CREATE MACRO utc_timestamp(t) AS CASE
    -- What nearly all bills write: 2025-09-01T00:00:00Z, or with milliseconds.
    WHEN ends_with(t, 'Z') AND length(t) >= 20 THEN CAST(t AS TIMESTAMP)
    WHEN contains(t, '/') THEN strptime(
        t,
        ['%m/%d/%y', '%m/%d/%Y', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S', '%m/%d/%Y %I:%M:%S %p']
    )
    WHEN contains(substr(t, 1, 3), '.') THEN strptime(t, ['%d.%m.%Y', '%d.%m.%Y %H:%M:%S'])
    WHEN length(t) = 8 AND NOT contains(t, '-') THEN strptime(t, '%Y%m%d')
    -- Oracle and Azure's FOCUS 1.0 leave out the seconds: 2025-03-14T09:00Z.
    WHEN length(t) = 17 AND ends_with(t, 'Z') THEN strptime(t, '%Y-%m-%dT%H:%MZ')
    WHEN contains(t, '+') OR contains(substr(t, 11), '-')
        THEN CAST(t AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
    ELSE CAST(t AS TIMESTAMP)
END;

-- The same, NULL for what is no point in time: for finding the row, after a conversion failed.
CREATE MACRO try_utc_timestamp(t) AS CASE
    WHEN contains(t, '/') THEN try_strptime(
        t,
        ['%m/%d/%y', '%m/%d/%Y', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S', '%m/%d/%Y %I:%M:%S %p']
    )
    WHEN contains(substr(t, 1, 3), '.') THEN try_strptime(t, ['%d.%m.%Y', '%d.%m.%Y %H:%M:%S'])
    WHEN length(t) = 8 AND NOT contains(t, '-') THEN try_strptime(t, '%Y%m%d')
    WHEN length(t) = 17 AND ends_with(t, 'Z') THEN try_strptime(t, '%Y-%m-%dT%H:%MZ')
    WHEN contains(t, '+') OR contains(substr(t, 11), '-')
        THEN TRY_CAST(t AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
    ELSE TRY_CAST(t AS TIMESTAMP)
END;

CREATE MACRO month_and_day_swapped(t) AS regexp_replace(t, '^(\d+)/(\d+)/', '\2/\1/');

CREATE MACRO day_first_timestamp(t) AS utc_timestamp(month_and_day_swapped(t));

CREATE MACRO try_day_first_timestamp(t) AS try_utc_timestamp(month_and_day_swapped(t));

-- "$10,000.00 " is a number, and so are "€12.50" and an accountant's "(3.00)"; "1,234" and "€1,234"
-- are not, since they may mean 1.234.
CREATE MACRO plain_number(t) AS CASE
    -- Every other sign takes more than a byte; most numbers have nothing of it.
    WHEN NOT (contains(t, '$') OR contains(t, ',') OR contains(t, '(') OR strlen(t) > length(t)) THEN t
    WHEN regexp_full_match(trim(t), '\([$€£¥₩₹]?(\d{1,3}(,\d{3})+\.\d+|\d+(\.\d+)?)\)')
        THEN '-' || translate(trim(t), '$€£¥₩₹,()', '')
    WHEN regexp_full_match(trim(t), '[-+]?[$€£¥₩₹]?[-+]?(\d{1,3}(,\d{3})+\.\d+|\d+(\.\d+)?)')
        OR regexp_full_match(trim(t), '[-+]?[$£¥₩][-+]?\d{1,3}(,\d{3})+')
        THEN translate(trim(t), '$€£¥₩₹,', '')
    ELSE t
END;
