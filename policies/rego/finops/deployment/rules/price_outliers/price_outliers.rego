# METADATA
# title: Unit prices that can be believed
# description: >
#   A unit price that is far from the vendor's list, or whose own payments are far apart, is a mistake of
#   the bill, its units or its discounts before it is a price.
# custom:
#   rule_id: deployment.price_outliers
#   severity: medium
#   remedy: Look at the parts of the line, correct the rate card or the price list, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.price_outliers

import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.lines
import data.finops.lib.values

terms := data.finops.config.deployment.unit_prices

# METADATA
# title: Outlier
# description: Denies each line whose unit prices are far apart, or far from the list.
deny contains found(rego.metadata.chain(), line, why) if {
	some line in lines.paid
	some why in reasons(line)
	not levels.lenient(terms)
}

# METADATA
# title: Outlier, reported
# description: Warns of all of them at once where the environment only reports.
warn contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["environment"]),
	"message": sprintf("%v with unit prices that are far apart, or far from the list: %s.", [count(outliers), finding.named(outliers)]),
}) if {
	count(outliers) > 0
	levels.reports(terms)
}

# METADATA
# title: Not told
# description: Denies each line unless it says how far apart its prices are, and how far from the list.
deny contains finding.new(rego.metadata.chain(), object.union(lines.stake(line), {
	"message": "The line does not say how far its unit prices are apart, or from the vendor's list.",
	"remedy": "Make the estimate anew with this Tollgate version.",
	"waivable": false,
})) if {
	some line in lines.paid
	not told(line)
}

# METADATA
# title: No limits configured
# description: Denies unless the configuration says what is far.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say which unit prices are outliers.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

outliers contains line if {
	some line in lines.paid
	count(reasons(line)) > 0
}

reasons(line) := {text | some text in [spread(line), distance(line)]; text != ""} if told(line)

spread(line) := "" if values.amount(line.price_source.dispersion) <= terms.max_dispersion

spread(line) := sprintf("What was paid for a unit (10th to 90th percentile) differs by %v of its price; allowed is %v.", [
	line.price_source.dispersion, terms.max_dispersion,
]) if {
	values.amount(line.price_source.dispersion) > terms.max_dispersion
}

distance(line) := "" if near(line)

distance(line) := sprintf("A unit price is %v times the vendor's list price; allowed is %v to %v.", [
	line.price_source.list_ratio, terms.list_ratio.min, terms.list_ratio.max,
]) if {
	not near(line)
}

told(line) if {
	values.amount(line.price_source.dispersion) >= 0
	compared(line)
}

# No list has it: there is nothing to compare with.
compared(line) if line.price_source.list_ratio == null

compared(line) if values.amount(line.price_source.list_ratio) > 0

near(line) if line.price_source.list_ratio == null

near(line) if {
	values.amount(line.price_source.list_ratio) >= terms.list_ratio.min
	values.amount(line.price_source.list_ratio) <= terms.list_ratio.max
}

configured if {
	every limit in [terms.max_dispersion, terms.list_ratio.min, terms.list_ratio.max] { is_number(limit) }
}

found(chain, line, why) := finding.new(chain, object.union(lines.stake(line), {"message": why}))
