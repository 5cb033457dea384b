package finops.capacity.question_test

# A question that is allowed; the tests of the rules take parts of it away, or change them.
question := {
	"schema": "capacity/v1",
	"now": "2026-10-28T12:00:00Z",
	"environment": "production",
	"target": {
		"name": "storefront-web",
		"kind": "azure_scale_set",
		"owner": "web",
		"metric": "requests",
		"period_hours": 1,
	},
	"forecast": {
		"source": "mart",
		"as_of": "2026-10-28T06:00:00Z",
		"quantile": "p90",
		"usable_pct": 100,
	},
	"unit": {
		"capacity": "1000",
		"hourly_cost": "0.192",
		"currency": "USD",
	},
	"guardrails": {
		"min_units": 2,
		"max_units": 12,
		"step_limit": 4,
		"cooldown_steps": 1,
	},
	"budget": {
		"amount": "8.21",
		"currency": "USD",
	},
	"plan": {
		"starts_at": "2026-10-28T13:00:00Z",
		"current_units": 4,
		"cost": "4.032",
		"steps": [
			{
				"at": "2026-10-28T13:00:00Z",
				"before": 4,
				"units": 4,
				"serving": 4,
				"expected": "3200",
				"cost": "0.768",
				"reason": "p90 with 20 % headroom needs 4 for the next 2 periods and what follows",
			},
			{
				"at": "2026-10-28T14:00:00Z",
				"before": 4,
				"units": 6,
				"serving": 4,
				"expected": "3900",
				"cost": "1.152",
				"reason": "p90 with 20 % headroom needs 6 for the next 2 periods and what follows",
			},
			{
				"at": "2026-10-28T15:00:00Z",
				"before": 6,
				"units": 6,
				"serving": 6,
				"expected": "5400",
				"cost": "1.152",
				"reason": "p90 with 20 % headroom needs 6 for the next 2 periods and what follows",
			},
			{
				"at": "2026-10-28T16:00:00Z",
				"before": 6,
				"units": 5,
				"serving": 5,
				"expected": "4100",
				"cost": "0.960",
				"reason": "p90 with 20 % headroom needs 5 for the next 2 periods and what follows",
			},
		],
	},
	"waivers": [],
}

changed(patches) := json.patch(question, patches)

without(path) := json.patch(question, [{"op": "remove", "path": path}])

set(path, value) := json.patch(question, [{"op": "replace", "path": path, "value": value}])

test_is_allowed if data.finops.capacity.decision.allow with input as question
