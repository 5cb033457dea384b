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
import data.finops.lib.lines
import data.finops.lib.values

terms := data.finops.config.deployment.relative_increase

# METADATA
# title: Several times as dear
# description: Denies unless the increase is within the share of the cost before, where that is large enough to compare.
deny contains finding.new(rego.metadata.chain(), leap) if {
	some leap in leaps
	not levels.lenient(terms)
}

# METADATA
# title: Several times as dear, reported
# description: Reports such an increase where the environment does not deny it.
warn contains finding.new(rego.metadata.chain(), leap) if {
	some leap in leaps
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

configured if {
	is_number(terms.max_pct[input.environment])
	values.amount(terms.from[input.estimate.currency]) >= 0
}

# An estimate without figures is one that leaps; without an estimate nothing is configured for its currency.
leaps contains told("estimate", before, after, finding.fact(["estimate", "high"])) if {
	whole := input.estimate
	before := finding.fact(["estimate", "monthly_before"])
	after := finding.fact(["estimate", "monthly_after"])
	not within(whole)
}

# Each resource for itself too: a leap must not hide behind others that stay as they are.
leaps contains told(finding.address(line), line.monthly_before, line.monthly_after, line.high) if {
	some line in lines.paid
	not within(line)
}

# What costs little before is soon many times as dear: the limit in money judges that.
within(costs) if values.amount(costs.monthly_before) < values.amount(terms.from[input.estimate.currency])

within(costs) if {
	before := values.amount(costs.monthly_before)
	(values.amount(costs.monthly_after) - before) * 100 <= before * terms.max_pct[input.environment]
}

told(subject, before, after, high) := {
	"subject": subject,
	"amount": high,
	"currency": finding.fact(["estimate", "currency"]),
	"message": sprintf("What cost %v %v a month would cost %v; environment %v allows %v %% more.", [
		before, finding.fact(["estimate", "currency"]), after, finding.fact(["environment"]), allowed,
	]),
}

default allowed := "no (it is not configured)"

allowed := terms.max_pct[input.environment]
