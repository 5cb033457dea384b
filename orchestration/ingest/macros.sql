-- The landing's own SQL functions, created on every connection: how one value is read.
-- Which columns hold such values is data, in providers/.

-- A JSON key as a JSON pointer: the only path syntax that takes any key.
CREATE MACRO json_pointer(k) AS '/' || replace(replace(k, '~', '~0'), '/', '~1');

CREATE MACRO without_repeats(l) AS len(l) = len(list_distinct(l));

-- A JSON object's members as {key, value: JSON text}; a key that the text repeats keeps its first
-- value, on a slower way, since a map refuses it.
CREATE MACRO json_members(t) AS CASE
    WHEN without_repeats(json_keys(t)) THEN list_transform(
        map_entries(CAST(CAST(t AS JSON) AS MAP(VARCHAR, JSON))),
        lambda e: {'key': e.key, 'value': CAST(e.value AS VARCHAR)}
    )
    ELSE list_transform(
        list_distinct(json_keys(t)),
        lambda k: {'key': k, 'value': json_extract(t, json_pointer(k))::VARCHAR}
    )
END;

-- The same of a map, as Parquet has it.
CREATE MACRO map_members(m) AS list_transform(
    map_entries(m),
    lambda e: {'key': e.key, 'value': to_json(e.value)::VARCHAR}
);

-- Canonical text: keys sorted by code point, null members dropped, no spaces; NULL for {}.
-- The inner lambda names a value, so that it is computed once.
CREATE MACRO members_json(l) AS list_transform(
    [array_to_string(list_transform(
        list_sort(l),
        lambda e: to_json(e.key)::VARCHAR || ':' || nullif(e.value, 'null')
    ), ',')],
    lambda text: CASE WHEN text <> '' THEN '{' || text || '}' END
)[1];

CREATE MACRO canonical_json(t) AS CASE
    WHEN t IS NULL OR NOT json_valid(t) THEN NULL
    WHEN json_type(t) = 'OBJECT' THEN members_json(json_members(t))
    WHEN json_type(t) = 'NULL' THEN NULL
    ELSE nullif(json(t)::VARCHAR, '[]')
END;

-- Azure writes tags without the braces of an object, or with them.
CREATE MACRO with_braces(t) AS CASE
    WHEN t IS NULL OR json_valid(t) THEN t
    ELSE '{' || t || '}'
END;

-- [{"key": k, "value": v}, …] as an object; an object as it is.
CREATE MACRO labels(t) AS from_json(t, '[{"key":"VARCHAR","value":"VARCHAR"}]');

CREATE MACRO labels_json(t) AS CASE
    WHEN t IS NULL OR NOT json_valid(t) THEN NULL
    WHEN json_type(t) <> 'ARRAY' THEN canonical_json(t)
    WHEN without_repeats(json_extract_string(t, '$[*].key')) THEN members_json(list_transform(
        labels(t),
        lambda e: {'key': e.key, 'value': to_json(e.value)::VARCHAR}
    ))
    ELSE members_json(list_transform(
        list_distinct(json_extract_string(t, '$[*].key')),
        lambda k: {
            'key': k,
            'value': to_json(list_filter(labels(t), lambda e: e.key = k)[1].value)::VARCHAR
        }
    ))
END;

-- CUR 2.0 writes user_team for user:team; a key that has its colon keeps it. No tag is empty.
CREATE MACRO scheme_members(l) AS list_transform(l, lambda e: {
    'key': CASE
        WHEN contains(e.key, ':') THEN e.key
        ELSE regexp_replace(e.key, '^(user|aws)_', '\1:')
    END,
    'value': nullif(e.value, '""')
});

CREATE MACRO scheme_tags_json(t) AS CASE
    WHEN t IS NULL OR NOT json_valid(t) THEN NULL
    WHEN json_type(t) <> 'OBJECT' THEN canonical_json(t)
    ELSE members_json(scheme_members(json_members(t)))
END;

-- The exact value of a number's text as three whole numbers (units, 1e-12ths and 1e-28ths),
-- without going through the decimal type that the conversion uses. The text splits into a sign,
-- an exponent e, and the digits before (w) and after (f) the point.
CREATE MACRO exact_sign(t) AS CASE WHEN starts_with(trim(t), '-') THEN -1 ELSE 1 END;

CREATE MACRO exact_exponent(t) AS CASE
    WHEN contains(lower(t), 'e')
        THEN greatest(-99, least(99, CAST(split_part(lower(trim(t)), 'e', 2) AS INTEGER)))
    ELSE 0
END;

CREATE MACRO exact_whole(t) AS
    split_part(split_part(ltrim(lower(trim(t)), '+-'), 'e', 1), '.', 1);

CREATE MACRO exact_fraction(t) AS
    split_part(split_part(ltrim(lower(trim(t)), '+-'), 'e', 1), '.', 2);

CREATE MACRO exact_units(w, f, e) AS CAST('0' || CASE
    WHEN e = 0 THEN w
    WHEN length(w) + e <= 0 THEN '0'
    ELSE rpad(left(w || f, length(w) + e), CAST(length(w) + e AS INTEGER), '0')
END AS HUGEINT);

CREATE MACRO exact_decimals(w, f, e) AS CASE
    WHEN e = 0 THEN f
    WHEN length(w) + e <= 0 THEN repeat('0', -(length(w) + e)) || w || f
    ELSE substr(w || f, length(w) + e + 1)
END;

CREATE MACRO exact_kept(d) AS CAST(rpad(left(d, 12), 12, '0') AS BIGINT);

CREATE MACRO exact_cut(d) AS CASE
    WHEN length(d) <= 12 THEN 0
    ELSE CAST(rpad(substr(d, 13, 16), 16, '0') AS BIGINT)
END;

-- Through 18 digits where they suffice: ten times faster than straight to 38, the same rounding.
CREATE MACRO quick_decimal(t) AS coalesce(
    CAST(TRY_CAST(t AS DECIMAL(18, 12)) AS DECIMAL(38, 12)),
    CAST(t AS DECIMAL(38, 12))
);

-- DuckDB rounds scientific notation wrongly at the last digit (5e-14 to 1e-12): where 28 decimals
-- hold the number, it is rounded from there. Macros repeat their argument, so this stays short.
CREATE MACRO to_decimal(t) AS CASE
    WHEN contains(t, 'e') OR contains(t, 'E') THEN coalesce(
        CAST(TRY_CAST(t AS DECIMAL(38, 28)) AS DECIMAL(38, 12)),
        CAST(t AS DECIMAL(38, 12))
    )
    ELSE quick_decimal(t)
END;

CREATE MACRO decimal_text(t) AS rtrim(rtrim(CAST(to_decimal(t) AS VARCHAR), '0'), '.');

CREATE MACRO credits_json(t) AS CASE
    WHEN t IS NULL OR NOT json_valid(t) THEN NULL
    WHEN json_type(t) = 'ARRAY' THEN nullif(to_json(list_transform(
        from_json(t, '[{"amount":"VARCHAR","full_name":"VARCHAR","id":"VARCHAR",
                        "name":"VARCHAR","type":"VARCHAR"}]'),
        lambda e: {
            'amount': decimal_text(e.amount),
            'full_name': e.full_name,
            'id': e.id,
            'name': e.name,
            'type': e.type
        }
    ))::VARCHAR, '[]')
    ELSE NULL
END;

-- A plain cast would ignore an offset like +02:00.
CREATE MACRO utc_timestamp(t) AS CASE
    WHEN contains(t, '/') THEN strptime(
        t,
        ['%m/%d/%y', '%m/%d/%Y', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S', '%m/%d/%Y %I:%M:%S %p']
    )
    WHEN length(t) = 8 AND NOT contains(t, '-') THEN strptime(t, '%Y%m%d')
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
    WHEN length(t) = 8 AND NOT contains(t, '-') THEN try_strptime(t, '%Y%m%d')
    WHEN contains(t, '+') OR contains(substr(t, 11), '-')
        THEN TRY_CAST(t AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
    ELSE TRY_CAST(t AS TIMESTAMP)
END;

-- "$10,000.00 " is a number; "1,234" is not, since it may mean 1.234.
CREATE MACRO plain_number(t) AS CASE
    WHEN NOT (contains(t, '$') OR contains(t, ',')) THEN t
    WHEN regexp_full_match(trim(t), '[-+]?\$?[-+]?(\d{1,3}(,\d{3})+\.\d+|\d+(\.\d+)?)')
        OR regexp_full_match(trim(t), '[-+]?\$[-+]?\d{1,3}(,\d{3})+')
        THEN replace(replace(trim(t), '$', ''), ',', '')
    ELSE t
END;
