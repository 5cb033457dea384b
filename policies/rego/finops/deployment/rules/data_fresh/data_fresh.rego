# METADATA
# title: Fresh data behind own rates
# description: Own rates stand on a bill that is current, and equal to what was landed.
# custom:
#   rule_id: deployment.data_fresh
#   severity: medium
#   remedy: Ingest and reconcile the bill, export the rate card anew (tollgate rates export), or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.data_fresh

import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.lines
import data.finops.lib.values

terms := data.finops.config.deployment.freshness

# METADATA
# title: Stale data
# description: Denies own rates unless the bill that they are from is known to be current and reconciled.
deny contains found(rego.metadata.chain()) if {
	own_rates
	not fresh
	not levels.lenient(terms)
}

# METADATA
# title: Stale data, reported
# description: Warns of the same where the environment only reports.
warn contains found(rego.metadata.chain()) if {
	own_rates
	not fresh
	levels.reports(terms)
}

# METADATA
# title: No age configured
# description: Denies unless the configuration says how old the bill may be.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say how old the bill behind own rates may be.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

own_rates if {
	some line in lines.paid
	line.price_source.kind == "own"
}

# Also where weaker prices hide them: a line is as good as its weakest price.
own_rates if is_object(input.facts.rate_card)

fresh if {
	is_object(input.facts.rate_card)
	count(input.facts.freshness.providers) > 0
	values.hours_since(input.facts.freshness.data_as_of) <= terms.max_data_age_hours
	input.facts.freshness.reconciled == true
}

configured if is_number(terms.max_data_age_hours)

found(chain) := finding.new(chain, {
	"subject": "rates",
	"currency": finding.fact(["estimate", "currency"]),
	"amount": finding.fact(["estimate", "high"]),
	"message": sprintf("The own rates are from a bill until %v, reconciled: %v.", [
		finding.fact(["facts", "freshness", "data_as_of"]), finding.fact(["facts", "freshness", "reconciled"]),
	]),
})
