# METADATA
# title: Sound estimate
# description: >
#   The estimate is of this very plan, says of each line whether it is priced, and adds up.
# custom:
#   rule_id: deployment.estimate_sound
#   severity: high
#   remedy: Make the estimate anew from the plan, with one and the same Tollgate version.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: false
package finops.deployment.rules.estimate_sound

import data.finops.lib.finding
import data.finops.lib.lines
import data.finops.lib.values

# METADATA
# title: Resource without an estimate
# description: Denies unless every changed resource has a line in the estimate.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.address(resource),
	"message": "The change has no line in the estimate.",
}) if {
	some resource in input.plan.resources
	not unchanged(resource)
	not estimated(resource)
}

# METADATA
# title: Estimate without a resource
# description: Denies unless every line of the estimate is of a resource of the plan.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.address(line),
	"message": "The estimate has a line for a resource that the plan does not list.",
}) if {
	some line in input.estimate.lines
	not planned(line)
}

# METADATA
# title: Line that does not hold
# description: Denies unless each line is either priced with a source or openly not priced.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.address(line),
	"message": "The line of the estimate is neither priced nor said not to be.",
}) if {
	some line in input.estimate.lines
	not sound(line)
}

# METADATA
# title: Estimate that does not add up
# description: Denies unless the totals are those of the lines.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "estimate",
	"message": sprintf("The estimate's %s is not the sum of its lines.", [field]),
}) if {
	some field in ["monthly_before", "monthly_after", "low", "high"]
	not adds_up(field)
}

# METADATA
# title: Difference that does not add up
# description: Denies unless the difference is that of the totals.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "estimate",
	"message": "The estimate's monthly_delta is not its monthly_after less its monthly_before.",
}) if {
	not difference_holds
}

# METADATA
# title: Gross that does not add up
# description: Denies unless what is said to be added and taken away is that of the lines.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "estimate",
	"message": sprintf("The estimate's %s is not the sum of the lines' differences of its sign.", [field]),
}) if {
	some field, _ in lines.gross
	field in object.keys(input.estimate)
	not gross_holds(field)
}

gross_holds(field) if abs(values.amount(input.estimate[field]) - lines.gross[field]) < 0.005

unchanged(resource) if resource.actions in [["no-op"], ["read"]]

# Sets, made once: a plan may have thousands of resources.
line_addresses := {line.address | some line in input.estimate.lines}

plan_addresses := {resource.address | some resource in input.plan.resources}

estimated(resource) if resource.address in line_addresses

planned(line) if line.address in plan_addresses

sound(line) if {
	line.status == "priced"
	values.filled(line.price_source.kind)
	values.filled(line.price_source.date)
	values.amount(line.monthly_after) >= 0
	values.amount(line.monthly_before) >= 0
	values.amount(line.low) <= values.amount(line.high)
}

sound(line) if {
	line.status in ["unsupported", "unmapped", "unknown"]
	line.monthly_after == null
}

# Lines and totals are rounded to cents before they are summed, so half a cent tells them apart.
adds_up(field) if {
	amounts := [values.amount(line[field]) | some line in input.estimate.lines; line.status == "priced"]
	abs(values.amount(input.estimate[field]) - sum(amounts)) < 0.005
}

difference_holds if {
	delta := values.amount(input.estimate.monthly_after) - values.amount(input.estimate.monthly_before)
	abs(values.amount(input.estimate.monthly_delta) - delta) < 0.005
}
