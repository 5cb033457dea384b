# METADATA
# title: Steps limited
# description: >
#   Each period begins with the units of the one before, and changes them by no more than the step
#   limit, which is within that of the environment.
# custom:
#   rule_id: capacity.steps_limited
#   severity: high
#   remedy: Plan again with the same Tollgate version; change step_limit in the file of targets.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.capacity.rules.steps_limited

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Step limit too wide
# description: Denies unless the step limit is within that of the environment.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("A step limit of %v is missing, or more than environment %v allows.", [
		finding.fact(["guardrails", "step_limit"]), finding.fact(["environment"]),
	]),
}) if {
	not limit_allowed
}

# METADATA
# title: Step too large
# description: Denies each period that does not follow the one before within the step limit.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf(
		"Period %v does not follow the one before within the step limit of %v.",
		[place, finding.fact(["guardrails", "step_limit"])],
	),
}) if {
	some place, _ in input.plan.steps
	not follows(place)
}

limit_allowed if {
	values.is_count(input.guardrails.step_limit)
	input.guardrails.step_limit > 0
	input.guardrails.step_limit <= data.finops.config.capacity.environments[input.environment].max_step
}

follows(place) if {
	step := input.plan.steps[place]
	values.is_count(step.before)
	values.is_count(step.units)
	step.before == units_before(place)
	abs(step.units - step.before) <= input.guardrails.step_limit
}

units_before(0) := input.plan.current_units

units_before(place) := input.plan.steps[place - 1].units if place > 0
