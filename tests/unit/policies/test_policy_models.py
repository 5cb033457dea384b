from datetime import UTC, datetime, timedelta, timezone

import pytest

from policies.models import canonical_json, finding_from, rfc3339

WHOLE = {
    "rule_id": "a.b", "severity": "high", "title": "T", "message": "M", "subject": "S",
    "remedy": "R",
}  # fmt: skip


def test_canonical_json_is_one_text_whatever_the_order() -> None:
    assert canonical_json({"b": 1, "a": [True, None, "é"]}) == '{"a":[true,null,"é"],"b":1}'
    assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})


def test_not_a_number_has_no_canonical_json() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json(float("nan"))


def test_times_are_written_in_utc() -> None:
    moment = datetime(2026, 10, 28, 14, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(moment) == "2026-10-28T12:00:00Z"
    assert rfc3339(datetime(2026, 10, 28, 12, tzinfo=UTC)) == "2026-10-28T12:00:00Z"


@pytest.mark.parametrize("missing", WHOLE)
def test_finding_without_one_of_its_texts_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        finding_from({**WHOLE, missing: None})


def test_finding_leaves_out_what_does_not_apply() -> None:
    assert finding_from({**WHOLE, "unheard_of": 1}).to_dict() == {**WHOLE, "waivable": False}
