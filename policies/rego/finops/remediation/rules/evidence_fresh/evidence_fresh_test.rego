package finops.remediation.rules.evidence_fresh_test

import data.finops.remediation.question_test as q
import data.finops.remediation.rules.evidence_fresh

test_fresh_evidence_passes if count(evidence_fresh.deny) == 0 with input as q.question

test_old_evidence_is_denied if {
	count(evidence_fresh.deny) == 1 with input as q.set("/evidence/as_of", "2026-10-25T11:59:59Z")
}

test_evidence_of_the_future_is_denied if {
	count(evidence_fresh.deny) == 1 with input as q.set("/evidence/as_of", "2026-10-28T12:00:01Z")
}

test_kind_that_is_not_known_is_denied if {
	denials := evidence_fresh.deny with input as q.set("/evidence/kind", "hunch")
	"Evidence of kind hunch is not known." in {d.message | some d in denials}
}

test_short_observation_is_denied if count(evidence_fresh.deny) == 1 with input as q.set("/evidence/observed_days", 6)

test_evidence_without_facts_is_denied if count(evidence_fresh.deny) == 1 with input as q.set("/evidence/facts", {})

test_missing_fields_are_denied if {
	every field, _ in q.question.evidence {
		count(evidence_fresh.deny) > 0 with input as q.without(sprintf("/evidence/%s", [field]))
	}
}
