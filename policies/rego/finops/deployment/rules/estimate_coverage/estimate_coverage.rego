# METADATA
# title: Estimate covers the change
# description: >
#   What is not priced is not known to be cheap, so enough of the change must be priced; types
#   that cost nothing do not count, since any number of them says nothing of the rest.
# custom:
#   rule_id: deployment.estimate_coverage
#   severity: medium
#   remedy: Give the gate a list or a rate card that prices the resources (--prices, --rates), tell their region, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.estimate_coverage

import data.finops.lib.finding
import data.finops.lib.lines

environment := data.finops.config.deployment.environments[input.environment]

# METADATA
# title: Environment not configured
# description: Denies unless the configuration says how much must be priced in the environment.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {
	"message": sprintf("Environment %v is not configured.", [finding.fact(["environment"])]),
	"remedy": "Add the environment to finops/config/deployment, or name one that is there.",
})) if {
	not configured
}

# METADATA
# title: Too little is priced
# description: Denies unless the share of priced resources reaches the environment's threshold.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"%v %% of the changed resources that may cost something are priced; not priced: %s.",
	[finding.fact(["estimate", "coverage_pct"]), unpriced],
)})) if {
	configured
	not enough
}

enough if {
	is_number(input.estimate.coverage_pct)
	input.estimate.coverage_pct >= environment.min_coverage_pct
	share >= environment.min_coverage_pct
}

# Counted here too, so that a wrong figure in the question does not open the gate.
share := 100 if {
	is_array(input.estimate.lines)
	count(counted) == 0
}

share := (100 * count([line | some line in counted; lines.whole(line)])) / count(counted) if count(counted) > 0

counted := [line | some line in input.estimate.lines; not lines.free(line)]

configured if is_number(environment.min_coverage_pct)

unpriced := concat(", ", [sprintf("%v (%v)", [line.address, line.status]) |
	some line in input.estimate.lines
	not lines.whole(line)
])

# METADATA
# title: Stake
# description: A waiver for what is not priced is measured by the part that is.
stake := {
	"subject": "estimate",
	"amount": finding.fact(["estimate", "high"]),
	"currency": finding.fact(["estimate", "currency"]),
}
