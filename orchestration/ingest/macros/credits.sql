-- The landing's own SQL functions, created on every connection: how a list of Google's credits is read.

CREATE MACRO credits_json(t) AS CASE
    WHEN t IS NULL OR NOT sound_json(t) THEN NULL
    WHEN json_type(t) = 'ARRAY' THEN nullif(to_json(list_transform(
        from_json(t, '[{"amount":"VARCHAR","full_name":"VARCHAR","id":"VARCHAR",
                        "name":"VARCHAR","type":"VARCHAR"}]'),
        lambda e: {
            'amount': decimal_text(e.amount),
            'full_name': nullif(e.full_name, ''),
            'id': nullif(e.id, ''),
            'name': nullif(e.name, ''),
            'type': nullif(e.type, '')
        }
    ))::VARCHAR, '[]')
    ELSE NULL
END;

-- Whether an entry of a list has two amounts, of which readers take one or the other.
CREATE MACRO amount_twice(t) AS len(list_filter(
    json_extract(t, '$[*]'),
    lambda e: len(list_filter(json_keys(e), lambda k: k = 'amount')) > 1
)) > 0;

-- The amounts of a list of credits; where it is no list, or has two of a credit, one that is no
-- number, so that money which cannot be read is an error.
CREATE MACRO listed_amounts(t) AS CASE
    WHEN t IS NULL THEN NULL
    WHEN NOT sound_json(t) THEN ['no list']
    WHEN json_type(t) = 'ARRAY' AND amount_twice(t) THEN ['two amounts']
    WHEN json_type(t) = 'ARRAY' THEN json_extract_string(t, '$[*].amount')
    WHEN json_type(t) <> 'NULL' THEN ['no list']
END;
