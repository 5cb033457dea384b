package finops.dbt.rules.models_tested_test

import data.finops.dbt.question_test as q
import data.finops.dbt.rules.models_tested

test_models_with_tests_of_their_grain_pass if count(models_tested.deny) == 0 with input as q.question

test_public_model_without_tests_is_denied if {
	every tests in [[], null] {
		denials := models_tested.deny with input as q.set("/models/1/tests", tests)
		{d.subject | some d in denials} == {"model.costs.dim_owners"}
		count(denials) == 2
	}
}

test_public_model_whose_grain_is_not_tested_is_denied if {
	denials := models_tested.deny with input as q.set("/models/1/tests/0/test", "not_null")
	{d.message | some d in denials} == {"The model is public and no test holds its grain."}
}

test_missing_thresholds_deny if {
	count(models_tested.deny) > 0 with input as q.question with data.finops.config.dbt.tests as {}
}

test_models_that_are_not_known_are_denied if {
	count(models_tested.deny) == 1 with input as q.without("/models")
	count(models_tested.deny) == 1 with input as q.set("/models", [])
}

view(of) := q.changed([
	{"op": "replace", "path": "/models/1/tests", "value": []},
	{"op": "replace", "path": "/models/1/materialized", "value": "view"},
	{"op": "replace", "path": "/models/1/reads", "value": of},
])

test_view_of_one_tested_model_needs_no_tests_of_its_own if {
	count(models_tested.deny) == 0 with input as view(["model.costs.fct_costs"])
}

test_view_of_several_or_of_an_untested_or_private_model_is_denied if {
	every of in [["model.costs.fct_costs", "model.costs.stg_costs"], ["model.costs.stg_costs"], [], null] {
		denials := models_tested.deny with input as view(of)
		count(denials) == 2
	}
	untested := json.patch(view(["model.costs.fct_costs"]), [{"op": "replace", "path": "/models/0/tests", "value": []}])
	denials := models_tested.deny with input as untested
	count(denials) == 4
}
