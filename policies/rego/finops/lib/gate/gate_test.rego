package finops.lib.gate_test

import data.finops.lib.gate

question := {
	"schema": "deployment/v1", "now": "2026-10-28T12:00:00Z", "environment": "staging", "waivers": [],
	"plan": {"resources": [{"address": "x"}]},
}

denial := {
	"rule_id": "deployment.required_tags", "subject": "x", "waivable": true, "amount": "10.00",
	"currency": "USD", "effective_on": "2026-01-01T00:00:00Z",
}

waiver := {
	"waiver_id": "W-1", "rule_id": "deployment.required_tags", "subject": "x", "owner": "ann",
	"reason": "leaves soon", "expires_at": "2026-11-01T00:00:00Z", "max_amount": "10.00", "currency": "USD",
}

required := {"deployment": {"required_rules": ["required_tags"]}, "waivers": {"max_days": 180, "use_not_known": {"reported_in": ["staging"], "ignored_in": []}}}

decided(found, waivers) := decision if {
	decision := gate.decide("deployment", {"required_tags": found}, {}) with data.finops.config as required
		with input as object.union(question, {"waivers": waivers})
}

test_gate_without_findings_allows if decided(set(), []).allow

test_denial_closes_the_gate if {
	decision := decided({denial}, [])
	not decision.allow
	decision.denials == {denial}
}

test_waiver_excuses_its_denial_and_is_counted if {
	decision := decided({denial}, [waiver])
	decision.allow
	decision.denials == set()
	{w.waiver.waiver_id | some w in decision.waived} == {"W-1"}
	{w.note | some w in decision.waived} == {"How much of its maximum other changes use already is not known."}
}

test_waiver_of_the_bundle_counts_too_without_a_word_where_its_use_is_counted if {
	decision := gate.decide("deployment", {"required_tags": {denial}}, {}) with data.finops.config as required
		with data.finops.waivers.entries as [waiver]
		with input as object.union(question, {"facts": {"waivers": {"source": "store", "used": []}}})
	{object.get(w, "note", null) | some w in decision.waived} == {null}
}

lapsed := [
	{"expires_at": "2026-10-28T12:00:00Z"}, {"expires_at": null}, {"owner": ""}, {"reason": " "},
	{"waiver_id": null}, {"max_amount": "9.99"}, {"max_amount": null}, {"currency": "EUR"},
]

test_waiver_that_lapsed_or_lacks_something_excuses_nothing if {
	every change in lapsed {
		decision := decided({denial}, [object.union(waiver, change)])
		not decision.allow
		some standing in decision.denials
		startswith(standing.note, "Does not cover this: waiver ")
	}
}

test_waiver_of_what_cannot_be_waived_is_said_to_be_idle if {
	decision := decided({object.union(denial, {"waivable": false})}, [waiver])
	{d.note | some d in decision.denials} == {"Does not cover this: waiver W-1, since the finding cannot be waived."}
}

test_waiver_of_another_rule_or_subject_is_not_even_mentioned if {
	every change in [{"rule_id": "other"}, {"subject": "y"}] {
		decided({denial}, [object.union(waiver, change)]).denials == {denial}
	}
}

test_what_cannot_be_waived_or_has_no_known_amount_stands if {
	every change in [{"waivable": false}, {"amount": null}] {
		not decided({object.union(denial, change)}, [waiver]).allow
	}
}

test_rule_not_yet_in_force_warns if {
	decision := decided({object.union(denial, {"effective_on": "2027-01-01T00:00:00Z"})}, [])
	decision.allow
	count(decision.warnings) == 1
}

test_rule_without_a_date_is_in_force if {
	every date in [null, "soon"] {
		not decided({object.union(denial, {"effective_on": date})}, []).allow
	}
}

test_warnings_of_rules_do_not_deny if {
	decision := gate.decide("deployment", {"required_tags": set()}, {"required_tags": {denial}}) with input as question
		with data.finops.config as required
	decision.allow
	decision.warnings == {denial}
}

test_required_rule_that_was_not_evaluated_closes_the_gate if {
	opens({"required_tags": set()}) with input as question with data.finops.config as required
	every denied in [{}, {"required_tags": null}, {"other": set()}] {
		not opens(denied) with input as question with data.finops.config as required
	}
}

opens(denied) if gate.decide("deployment", denied, {}).allow

test_gate_without_required_rules_is_closed if {
	every config in [{}, {"deployment": {}}, {"deployment": {"required_rules": []}}] {
		not gate.decide("deployment", {"x": set()}, {}).allow with input as question with data.finops.config as config
	}
}

test_question_of_another_schema_or_without_time_is_closed if {
	every change in [{"schema": "deployment/v2"}, {"schema": null}, {"now": "today"}, {"now": null}] {
		not gate.decide("deployment", {"required_tags": set()}, {}).allow with data.finops.config as required
			with input as object.union(question, change)
	}
}
