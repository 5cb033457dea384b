# METADATA
# title: Budget kept
# description: >
#   The plan's cost is that of its units, within the budget of its periods, and no hour costs more
#   than the environment allows.
# custom:
#   rule_id: capacity.budget_kept
#   severity: high
#   remedy: Lower max_units or headroom, raise monthly_budget, or ask for a waiver.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: true
package finops.capacity.rules.budget_kept

import data.finops.lib.finding
import data.finops.lib.values

hourly_limit := data.finops.config.capacity.environments[input.environment].max_hourly_cost[input.unit.currency]

# METADATA
# title: More than the budget
# description: Denies unless the whole plan is within the budget of its periods.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"The plan costs %v %v; its budget is %v %v.",
	[
		finding.fact(["plan", "cost"]), finding.fact(["unit", "currency"]),
		finding.fact(["budget", "amount"]), finding.fact(["budget", "currency"]),
	],
)})) if {
	not within_budget
}

# METADATA
# title: Budget not known
# description: Denies unless the budget is an amount in the currency of the units.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {
	"message": "The budget is missing, or in another currency than the units.",
	"waivable": false,
})) if {
	not budget_known
}

# METADATA
# title: More than the environment allows
# description: Denies unless the dearest hour is within the limit of the environment.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"The dearest hour is above what environment %v allows in %v (%v).",
	[finding.fact(["environment"]), finding.fact(["unit", "currency"]), limit_shown],
)})) if {
	not within_limit
}

# METADATA
# title: Cost that does not add up
# description: Denies unless each period costs its units, and the plan its periods.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {
	"message": "The costs of the plan are missing or do not add up.",
	"waivable": false,
})) if {
	not adds_up
}

within_budget if values.amount(input.plan.cost) <= values.amount(input.budget.amount)

budget_known if {
	values.amount(input.budget.amount) >= 0
	input.budget.currency == input.unit.currency
}

within_limit if {
	most := max([step.units | some step in input.plan.steps])
	is_number(most)
	most * values.amount(input.unit.hourly_cost) <= values.amount(hourly_limit)
}

adds_up if {
	values.amount(input.unit.hourly_cost) > 0
	input.target.period_hours in [1, 24]
	every step in input.plan.steps {
		priced(step)
	}
	total := sum([values.amount(step.cost) | some step in input.plan.steps])
	abs(values.amount(input.plan.cost) - total) < 0.005
}

priced(step) if {
	cost := (step.units * values.amount(input.unit.hourly_cost)) * input.target.period_hours
	abs(values.amount(step.cost) - cost) < 0.005
}

default limit_shown := "not configured"

limit_shown := hourly_limit

stake := {
	"subject": finding.fact(["target", "name"]),
	"amount": finding.fact(["plan", "cost"]),
	"currency": finding.fact(["unit", "currency"]),
}
