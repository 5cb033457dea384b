import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decisions import REDACTED, redact

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize("name", ["password", "DB_PASSWD", "client-secret", "apiKey", "auth_token"])
def test_values_of_secret_names_are_taken_out(name: str) -> None:
    assert redact({"a": [{name: "hunter2"}]}) == {"a": [{name: REDACTED}]}


@pytest.mark.parametrize(
    "secret",
    ["AKIAABCDEFGHIJKLMNOP", "ghp_abcdefghijklmnopqrstuvwxyz", "https://bob:hunter2@example.com",
     "postgres://bob:hun/ter2@db.example.com", "redis://:hun:t@r2@cache.example.com",
     "-----BEGIN RSA PRIVATE KEY-----", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0.abc"],
)  # fmt: skip
def test_values_that_look_like_secrets_are_taken_out(secret: str) -> None:
    cleaned = redact({"note": f"see {secret} there"})["note"]
    assert secret not in cleaned
    assert REDACTED in cleaned


def test_password_with_a_slash_leaves_nothing_of_itself() -> None:
    cleaned = redact("postgres://bob:hun/ter2@db.example.com/shop")
    assert cleaned == f"postgres{REDACTED}db.example.com/shop"


def test_ordinary_facts_stay() -> None:
    facts = {"team": "shop", "plan_hash": "a" * 64, "monthly": "12.00", "tags": {"keep": "no"}}
    assert redact(facts) == facts


@given(JSON)
def test_redacting_twice_is_redacting_once(value: object) -> None:
    assert redact(redact(value)) == redact(value)
