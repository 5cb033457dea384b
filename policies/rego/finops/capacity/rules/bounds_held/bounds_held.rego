# METADATA
# title: Bounds held
# description: >
#   Every period has no fewer units than the target's minimum and no more than its maximum, and both
#   are within what the environment allows.
# custom:
#   rule_id: capacity.bounds_held
#   severity: critical
#   remedy: Plan again with the same Tollgate version; change min_units or max_units in the file of targets.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.capacity.rules.bounds_held

import data.finops.lib.finding
import data.finops.lib.values

environment := data.finops.config.capacity.environments[input.environment]

# METADATA
# title: Guardrails too wide
# description: Denies unless minimum and maximum are within those of the environment.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf(
		"The bounds %v to %v are not within what environment %v allows, or it is not configured.",
		[
			finding.fact(["guardrails", "min_units"]), finding.fact(["guardrails", "max_units"]),
			finding.fact(["environment"]),
		],
	),
}) if {
	not bounds_allowed
}

# METADATA
# title: Units outside the bounds
# description: Denies each period, and the units of now, that are not shown to be within the bounds.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("%s has %v units, outside of the bounds of the target.", [where, units]),
}) if {
	some where, units in planned
	not within(units)
}

# METADATA
# title: Plan without periods
# description: Denies unless there is at least one period.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": "The plan has no periods.",
}) if {
	not has_steps
}

bounds_allowed if {
	values.is_count(input.guardrails.min_units)
	values.is_count(input.guardrails.max_units)
	input.guardrails.min_units <= input.guardrails.max_units
	input.guardrails.min_units >= environment.min_units
	input.guardrails.max_units <= environment.max_units
}

has_steps if {
	is_array(input.plan.steps)
	count(input.plan.steps) > 0
}

planned["The plan's start"] := finding.fact(["plan", "current_units"])

planned[sprintf("Period %v", [place])] := units if {
	some place, step in input.plan.steps
	units := object.get(step, "units", "(missing)")
}

within(units) if {
	values.is_count(units)
	units >= input.guardrails.min_units
	units <= input.guardrails.max_units
}
