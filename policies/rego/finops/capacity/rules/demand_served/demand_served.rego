# METADATA
# title: Demand served
# description: >
#   What is expected is served: guardrails and budget may not starve the service unseen.
# custom:
#   rule_id: capacity.demand_served
#   severity: high
#   remedy: Raise max_units, step_limit or the budget, choose larger units, or ask for a waiver.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: true
package finops.capacity.rules.demand_served

import data.finops.lib.finding
import data.finops.lib.values

environment := data.finops.config.capacity.environments[input.environment]

# METADATA
# title: Demand unserved
# description: Denies unless enough periods are shown to serve their expected demand.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"%v of %v periods are shown to serve what is expected of them; environment %v lets %v %% fail.",
	[count(served), periods, finding.fact(["environment"]), share_shown],
)})) if {
	not enough
}

# METADATA
# title: Demand or service not stated
# description: Denies each period that does not say what is expected and how many units serve it.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {
	"message": sprintf("Period %v does not say what is expected, or how many of its units serve.", [place]),
	"waivable": false,
})) if {
	some place, step in input.plan.steps
	not stated(step)
}

# METADATA
# title: Some demand unserved
# description: Warns of any period that would not serve its expected demand.
warn contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"%v of %v periods would not serve what is expected of them.",
	[periods - count(served), periods],
)})) if {
	count(served) < periods
}

enough if {
	periods > 0
	(periods - count(served)) * 100 <= environment.max_unmet_pct * periods
	capacity > 0
}

capacity := values.amount(input.unit.capacity)

default periods := 0

periods := count(input.plan.steps) if is_array(input.plan.steps)

stated(step) if {
	values.is_count(step.serving)
	step.serving <= step.units
	demand_of(step) >= 0
}

# A period of which nothing is known keeps its units; how many may be unknown is for forecast_sound.
demand_of(step) := 0 if step.expected == null

demand_of(step) := values.amount(step.expected)

served contains place if {
	some place, step in input.plan.steps
	stated(step)
	demand_of(step) <= step.serving * capacity
}

default share_shown := "(not configured)"

share_shown := environment.max_unmet_pct

stake := {
	"subject": finding.fact(["target", "name"]),
	"amount": finding.fact(["plan", "cost"]),
	"currency": finding.fact(["unit", "currency"]),
}
