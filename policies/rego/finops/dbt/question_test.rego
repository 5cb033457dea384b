package finops.dbt.question_test

# A question that is allowed; the tests of the rules take parts of it away, or change them.
question := {
	"schema": "dbt/v1",
	"now": "2026-10-28T12:00:00Z",
	"git": {"repository": "acme/costs", "base_ref": "main", "head_sha": "c0ffee", "actor": "ann"},
	"project": {
		"name": "costs",
		"dbt_version": "1.11.16",
		"adapter": "duckdb",
		"manifest_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"public_models": 2,
	},
	"base": {"manifest_sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"},
	"breaks": [],
	"models": [
		{
			"unique_id": "model.costs.fct_costs",
			"file": "models/fct_costs.sql",
			"contract": true,
			"owner": "finops",
			"status": "success",
			"materialized": "table",
			"reads": ["model.costs.stg_costs"],
			"tests": [
				{"unique_id": "test.costs.costs_equal_bill", "test": "always_zero", "tags": [], "status": "pass"},
				{"unique_id": "test.costs.unique_cost_id", "test": "unique", "tags": [], "status": "pass"},
			],
		},
		{
			"unique_id": "model.costs.dim_owners",
			"file": "models/dim_owners.sql",
			"contract": true,
			"owner": "finops",
			"status": "success",
			"materialized": "table",
			"reads": ["model.costs.stg_costs"],
			"tests": [{"unique_id": "test.costs.unique_owner", "test": "unique", "tags": ["nightly"], "status": "pass"}],
		},
	],
	"run": {"generated_at": "2026-10-28T11:30:00Z", "failed": []},
}

changed(patches) := json.patch(question, patches)

without(path) := json.patch(question, [{"op": "remove", "path": path}])

set(path, value) := json.patch(question, [{"op": "replace", "path": path, "value": value}])

added(path, value) := json.patch(question, [{"op": "add", "path": path, "value": value}])

test_is_allowed if data.finops.dbt.decision.allow with input as question

test_can_be_changed if changed([{"op": "replace", "path": "/now", "value": "later"}]).now == "later"
