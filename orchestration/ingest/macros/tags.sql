-- The landing's own SQL functions, created on every connection: how one JSON value is read.
-- Which columns hold such values is data, in providers/.

-- Valid JSON that DuckDB can work with: its functions recurse, and documents nested some ten
-- thousand deep end the process. Text with more brackets than any tag has is kept as it is.
CREATE MACRO sound_json(t) AS CASE
    WHEN length(t) > 2000 AND length(t) - length(translate(t, '{[', '')) > 2000 THEN false
    ELSE json_valid(t)
END;

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
    WHEN t IS NULL OR NOT sound_json(t) THEN NULL
    WHEN json_type(t) = 'OBJECT' THEN members_json(json_members(t))
    ELSE NULL
END;

-- Text that says something, but not in the way of its column: no JSON, or a list for an object.
CREATE MACRO is_misshapen(t, types) AS CASE
    WHEN t IS NULL THEN false
    WHEN NOT sound_json(t) THEN true
    ELSE NOT list_contains(types, json_type(t)) AND json(t)::VARCHAR NOT IN ('[]', 'null')
END;

-- The same as canonical text. A key with spaces around it is the key without them; of two that are
-- then the same, the first one's value stays.
CREATE MACRO trimmed_members(l) AS CASE
    WHEN without_repeats(list_transform(l, lambda e: trim(e.key)))
        THEN list_transform(l, lambda e: {'key': trim(e.key), 'value': e.value})
    ELSE list_transform(
        list_distinct(list_transform(l, lambda e: trim(e.key))),
        lambda k: {'key': k, 'value': list_filter(l, lambda e: trim(e.key) = k)[1].value}
    )
END;

CREATE MACRO loose_json(t) AS CASE
    WHEN t IS NULL OR NOT sound_json(t) THEN NULL
    WHEN json_type(t) = 'OBJECT' THEN members_json(trimmed_members(json_members(t)))
    ELSE NULL
END;

-- What a data frame wrote into CSV as Python spells it: [{'key': 'env', 'value': None}].
-- Only where no text has a quote of its own; anything else stays as it is, and is no JSON.
CREATE MACRO json_spelled(t) AS CASE
    WHEN t IS NULL OR sound_json(t) OR contains(t, '"') THEN t
    ELSE regexp_replace(regexp_replace(regexp_replace(
        replace(t, chr(39), '"'),
        ': None([,}])', ': null\1', 'g'),
        ': True([,}])', ': true\1', 'g'),
        ': False([,}])', ': false\1', 'g')
END;

-- [{"key": k, "value": v}, …] as an object; an object as it is.
CREATE MACRO labels(t) AS from_json(t, '[{"key":"VARCHAR","value":"VARCHAR"}]');

CREATE MACRO labels_json(t) AS CASE
    WHEN t IS NULL OR NOT sound_json(t) THEN NULL
    WHEN json_type(t) = 'OBJECT' THEN canonical_json(t)
    WHEN json_type(t) <> 'ARRAY' THEN NULL
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

-- A quoted word before a colon can only be a JSON key, so text replacement is exact.
CREATE MACRO small_keys(t) AS regexp_replace(regexp_replace(
    t, '"Key"\s*:', '"key":', 'g'), '"Value"\s*:', '"value":', 'g');

-- "key:env value:prod; key:team value:", as Alibaba Cloud writes them; the second has no value.
CREATE MACRO key_value_object(t) AS '{' || array_to_string(list_transform(
    regexp_split_to_array(substr(rtrim(t, '; '), 5), ';\s*key:'),
    lambda e: to_json(split_part(e, ' value:', 1))::VARCHAR || ':' || coalesce(
        nullif(to_json(substr(e, length(split_part(e, ' value:', 1)) + 8))::VARCHAR, '""'), 'true'
    )
), ',') || '}';

-- What is no JSON: Azure writes tags without the braces of an object, data frames as Python does.
CREATE MACRO spelled_object(t) AS CASE
    WHEN starts_with(t, 'key:') AND contains(t, ' value:') THEN key_value_object(t)
    WHEN starts_with(t, '{') THEN json_spelled(t)
    ELSE '{' || t || '}'
END;

-- An object in the ways that bills write one; some vendors list its members as the clouds' APIs do:
-- [{"Key": k, "Value": v}, …]. Any other list stays one.
CREATE MACRO as_object(t) AS CASE
    WHEN t IS NULL THEN NULL
    WHEN NOT sound_json(t) THEN spelled_object(t)
    WHEN json_type(t) = 'ARRAY'
        AND len(json_extract(small_keys(t), '$[*].key')) = json_array_length(t)
        AND len(json_extract(small_keys(t), '$[*].value')) = json_array_length(t)
        THEN labels_json(small_keys(t))
    ELSE t
END;

-- CUR 2.0 writes user_team for user:team, resourceTags/team in its map of all tags. No tag is empty.
CREATE MACRO scheme_members(l) AS list_transform(l, lambda e: {
    'key': CASE
        WHEN contains(e.key, ':') THEN regexp_replace(e.key, '^resourceTags/', '')
        ELSE regexp_replace(regexp_replace(e.key, '^resourceTags/', ''), '^(user|aws)_', '\1:')
    END,
    'value': nullif(e.value, '""')
});

CREATE MACRO scheme_tags_json(t) AS CASE
    WHEN t IS NULL OR NOT sound_json(t) THEN NULL
    WHEN json_type(t) = 'OBJECT' THEN members_json(scheme_members(json_members(t)))
    ELSE NULL
END;
