# METADATA
# title: Cool-down kept
# description: >
#   Periods follow each other without a gap, and two changes are no closer than the cool-down.
# custom:
#   rule_id: capacity.cooldown_kept
#   severity: high
#   remedy: Plan again with the same Tollgate version; change cooldown_minutes in the file of targets.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.capacity.rules.cooldown_kept

import data.finops.lib.finding
import data.finops.lib.values

nanoseconds_per_hour := 3600000000000

# METADATA
# title: Cool-down too short
# description: Denies unless the cool-down is at least that of the environment.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("A cool-down of %v periods is missing, or shorter than environment %v asks for.", [
		finding.fact(["guardrails", "cooldown_steps"]), finding.fact(["environment"]),
	]),
}) if {
	not cooldown_allowed
}

# METADATA
# title: Changed too soon
# description: Denies each change that is not shown to be far enough from the one before.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("Period %v changes the units before the cool-down has passed.", [place]),
}) if {
	some nth, place in changes
	not rested(nth)
}

# METADATA
# title: Periods out of order
# description: Denies each period that does not begin when the one before ends.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("Period %v does not begin when the one before ends.", [place]),
}) if {
	some place, _ in input.plan.steps
	not in_order(place)
}

cooldown_allowed if {
	values.is_count(input.guardrails.cooldown_steps)
	input.guardrails.cooldown_steps > 0
	hours := input.guardrails.cooldown_steps * input.target.period_hours
	hours >= data.finops.config.capacity.environments[input.environment].min_cooldown_hours
}

changes := [place | some place, step in input.plan.steps; step.units != step.before]

rested(0)

rested(nth) if changes[nth] - changes[nth - 1] >= input.guardrails.cooldown_steps

in_order(place) if {
	begins := values.instant(input.plan.starts_at)
	values.instant(input.plan.steps[place].at) == begins + ((place * input.target.period_hours) * nanoseconds_per_hour)
}
