package finops.dbt.rules.models_owned_test

import data.finops.dbt.question_test as q
import data.finops.dbt.rules.models_owned

test_models_with_owners_pass if count(models_owned.deny) == 0 with input as q.question

test_public_model_without_owner_is_denied if {
	every owner in ["", " ", null, 7] {
		denials := models_owned.deny with input as q.set("/models/1/owner", owner)
		{d.subject | some d in denials} == {"model.costs.dim_owners"}
	}
}

test_models_that_are_not_known_are_denied if {
	count(models_owned.deny) == 1 with input as q.without("/models")
	count(models_owned.deny) == 1 with input as q.set("/models", [])
	count(models_owned.deny) == 1 with input as q.without("/models/0/owner")
}
