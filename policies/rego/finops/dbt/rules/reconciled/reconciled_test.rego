package finops.dbt.rules.reconciled_test

import data.finops.dbt.question_test as q
import data.finops.dbt.rules.reconciled

test_project_whose_money_is_shown_to_add_up_passes if count(reconciled.deny) == 0 with input as q.question

test_reconciliation_that_did_not_pass_is_denied if {
	every status in ["fail", "warn", "skipped", "not run", null] {
		denials := reconciled.deny with input as q.set("/models/0/tests/0/status", status)
		{"test.costs.costs_equal_bill", "costs"} - {d.subject | some d in denials} == set()
	}
}

test_test_with_the_tag_reconciles_too if {
	tagged := [
		{"op": "replace", "path": "/models/0/tests/0/test", "value": "other"},
		{"op": "replace", "path": "/models/1/tests/0/tags", "value": ["nightly", "reconciliation"]},
	]
	count(reconciled.deny) == 0 with input as q.changed(tagged)
	failed := array.concat(tagged, [{"op": "replace", "path": "/models/1/tests/0/status", "value": "fail"}])
	count(reconciled.deny) == 2 with input as q.changed(failed)
}

test_project_without_reconciliations_is_denied if {
	denials := reconciled.deny with input as q.set("/models/0/tests/0/test", "other")
	[d.subject | some d in denials] == ["costs"]
}

test_missing_thresholds_deny if {
	every terms in [{}, {"tests": ["always_zero"], "tags": []}, {"tests": ["always_zero"], "min": 0}] {
		count(reconciled.deny) > 0 with input as q.question with data.finops.config.dbt.reconciliations as terms
	}
}

test_models_that_are_not_known_are_denied if count(reconciled.deny) == 1 with input as q.without("/models")

test_test_that_is_not_described_is_denied if {
	every field in ["unique_id", "test", "tags", "status"] {
		denials := reconciled.deny with input as q.without(sprintf("/models/1/tests/0/%s", [field]))
		{d.subject | some d in denials} == {"model.costs.dim_owners"}
	}
	count(reconciled.deny) == 1 with input as q.set("/models/1/tests/0/tags", [7])
	count(reconciled.deny) == 1 with input as q.set("/models/1/tests", null)
}
