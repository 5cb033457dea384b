# METADATA
# title: Prices that can be trusted
# description: >
#   A rate card that nobody has signed may be anybody's, and the sample is no list of any day: what a decision rests on
#   is denied, reported or ignored by environment.
# custom:
#   rule_id: deployment.prices_trusted
#   severity: medium
#   remedy: Sign the rate card (tollgate rates keys) and give the gate the public key, or give it a vendor's list (--prices).
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.prices_trusted

import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.lines
import data.finops.lib.values

terms := data.finops.config.deployment.trusted_prices

# METADATA
# title: Not trusted
# description: Denies prices from a card that is not signed as configured or whose rates are from few lines, and the sample's.
deny contains found(rego.metadata.chain(), subject, message) if {
	some subject, message in doubts
	not levels.lenient(terms)
}

# METADATA
# title: Not trusted, reported
# description: Warns of the same where the environment only reports.
warn contains found(rego.metadata.chain(), subject, message) if {
	some subject, message in doubts
	levels.reports(terms)
}

# METADATA
# title: No trust configured
# description: Denies unless the configuration says which signatures are trusted.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say which rate cards are trusted.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

doubts["rates"] := sprintf("The rate card's signature is %v, and its rates are from %v line items or more each.", [
	finding.fact(["facts", "rate_card", "signature"]), finding.fact(["facts", "rate_card", "min_line_items"]),
]) if {
	is_object(input.facts.rate_card)
	not sound_card
}

doubts["estimate"] := sprintf("%v %v a month are priced by the sample, which is no list of any day: %s.", [
	sum([values.amount(line.monthly_after) | some line in sampled]),
	finding.fact(["estimate", "currency"]), finding.named(sampled),
]) if {
	count(sampled) > 0
}

sound_card if {
	input.facts.rate_card.signature in terms.signatures
	input.facts.rate_card.min_line_items >= terms.min_line_items
}

sampled contains line if {
	some line in lines.paid
	line.price_source.kind in terms.untrusted
}

configured if {
	count(terms.signatures) > 0
	is_number(terms.min_line_items)
	is_array(terms.untrusted)
}

found(chain, subject, message) := finding.new(chain, {
	"subject": subject,
	"currency": finding.fact(["estimate", "currency"]),
	"amount": finding.fact(["estimate", "high"]),
	"message": message,
})
