package finops.dbt.rules.contracts_kept_test

import data.finops.dbt.question_test as q
import data.finops.dbt.rules.contracts_kept

test_project_that_keeps_its_promises_passes if count(contracts_kept.deny) == 0 with input as q.question

test_public_model_without_contract_is_denied if {
	every contract in [false, null, "true"] {
		denials := contracts_kept.deny with input as q.set("/models/0/contract", contract)
		{d.subject | some d in denials} == {"model.costs.fct_costs"}
	}
}

told(broken) := message if {
	denials := contracts_kept.deny with input as q.added("/breaks/-", broken)
	[message] := [d.message | some d in denials]
}

gone := {"unique_id": "model.costs.fct_costs", "column": "cost", "before": "numeric", "after": "text"}

test_every_broken_promise_is_denied_and_told if {
	told(object.union(gone, {"what": "model_removed"})) == "The public model is gone."
	told(object.union(gone, {"what": "access_narrowed", "after": "private"})) == "The model was public and is now private."
	told(object.union(gone, {"what": "contract_dropped"})) == "The model's contract is no longer enforced."
	told(object.union(gone, {"what": "column_removed"})) == "Column cost is gone."
	told(object.union(gone, {"what": "type_changed"})) == "Column cost was numeric and is now text."
	told(object.union(gone, {"what": "other"})) == "The change takes something away, and does not say what."
	told({}) == "The change takes something away, and does not say what."
}

test_change_that_was_compared_with_nothing_is_denied if {
	every input_ in [
		q.set("/base/manifest_sha256", null), q.without("/base"), q.without("/breaks"), q.set("/breaks", null),
	] {
		denials := contracts_kept.deny with input as input_
		some denial in denials
		contains(denial.remedy, "--base")
	}
}

test_project_that_is_not_known_is_denied if {
	every path in [
		"/git/repository", "/git/base_ref", "/git/head_sha", "/git/actor", "/project/name", "/project/dbt_version", "/project/adapter", "/project/manifest_sha256", "/models",
		"/models/0/unique_id", "/models/1/file", "/models/1/materialized", "/models/1/reads", "/models/1", "/project/public_models",
	] {
		count(contracts_kept.deny) > 0 with input as q.without(path)
	}
	count(contracts_kept.deny) > 0 with input as q.set("/models", [])
}
