# METADATA
# title: Relative increase
# description: >
#   A change that makes what it touches several times as dear is looked at, although its environment would allow the amount.
# custom:
#   rule_id: deployment.relative_increase
#   severity: medium
#   remedy: Choose a smaller step, split the change, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.relative_increase

import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.values

terms := data.finops.config.deployment.relative_increase

# METADATA
# title: Several times as dear
# description: Denies unless the increase is within the share of the cost before, where that is large enough to compare.
deny contains found(rego.metadata.chain()) if {
	compared
	not within
	not levels.lenient(terms)
}

# METADATA
# title: Several times as dear, reported
# description: Reports such an increase where the environment does not deny it.
warn contains found(rego.metadata.chain()) if {
	compared
	not within
	levels.reports(terms)
}

# METADATA
# title: No share configured
# description: Denies unless the configuration says how much dearer a change may make what it touches.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say how much dearer a change may make what it touches.",
	"remedy": "Restore finops/config/deployment/data.yaml, with the environment and the currency of the estimate.",
	"waivable": false,
}) if {
	not configured
}

before := values.amount(input.estimate.monthly_before)

# What costs little before is soon many times as dear: the limit in money judges that.
small if before < values.amount(terms.from[input.estimate.currency])

compared if not small

within if values.amount(input.estimate.monthly_delta) * 100 <= before * terms.max_pct[input.environment]

configured if {
	is_number(terms.max_pct[input.environment])
	values.amount(terms.from[input.estimate.currency]) >= 0
}

found(chain) := finding.new(chain, {
	"subject": "estimate",
	"amount": finding.fact(["estimate", "high"]),
	"currency": finding.fact(["estimate", "currency"]),
	"message": sprintf("What the change touches cost %v %v a month and becomes %v dearer; environment %v allows %v %%.", [
		finding.fact(["estimate", "monthly_before"]), finding.fact(["estimate", "currency"]),
		finding.fact(["estimate", "monthly_delta"]), finding.fact(["environment"]), allowed,
	]),
})

default allowed := "no (it is not configured)"

allowed := terms.max_pct[input.environment]
