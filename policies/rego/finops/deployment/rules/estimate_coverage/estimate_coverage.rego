# METADATA
# title: Estimate covers the change
# description: >
#   What is not priced is not known to be cheap, so enough of the change must be priced.
# custom:
#   rule_id: deployment.estimate_coverage
#   severity: medium
#   remedy: Price the listed resources (policies/deployment/prices), set the provider's region, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.estimate_coverage

import data.finops.lib.finding
import data.finops.lib.values

environment := data.finops.config.deployment.environments[input.environment]

# METADATA
# title: Too little is priced
# description: Denies unless the share of priced resources reaches the environment's threshold.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"%v %% of the changed resources are priced; not priced: %s.",
	[finding.fact(["estimate", "coverage_pct"]), unpriced],
)})) if {
	not enough
}

# METADATA
# title: Old price
# description: Warns of prices older than the configuration wants them.
warn contains finding.new(rego.metadata.chain(), {
	"subject": line.address,
	"message": sprintf("Its price is of %s.", [line.price_source.date]),
	"remedy": "Bring the price data up to date.",
}) if {
	some line in input.estimate.lines
	age := values.hours_since(sprintf("%sT00:00:00Z", [line.price_source.date]))
	age > data.finops.config.deployment.max_price_age_days * 24
}

enough if {
	is_number(input.estimate.coverage_pct)
	input.estimate.coverage_pct >= environment.min_coverage_pct
	share >= environment.min_coverage_pct
}

# Counted here too, so that a wrong figure in the question does not open the gate.
share := 100 if input.estimate.lines == []

share := (100 * count([line | some line in input.estimate.lines; line.status == "priced"])) / count(input.estimate.lines) if {
	count(input.estimate.lines) > 0
}

unpriced := concat(", ", [sprintf("%v (%v)", [line.address, line.status]) |
	some line in input.estimate.lines
	line.status != "priced"
])

# METADATA
# title: Stake
# description: A waiver for what is not priced is measured by the part that is.
stake := {
	"subject": "estimate",
	"amount": finding.fact(["estimate", "high"]),
	"currency": finding.fact(["estimate", "currency"]),
}
