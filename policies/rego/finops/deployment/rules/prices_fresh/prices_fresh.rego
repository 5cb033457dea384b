# METADATA
# title: Fresh prices
# description: An estimate stands on prices of these days.
# custom:
#   rule_id: deployment.prices_fresh
#   severity: medium
#   remedy: Export the rate card anew (tollgate rates export), download the price list anew, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.prices_fresh

import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.lines
import data.finops.lib.values

terms := data.finops.config.deployment.freshness

# METADATA
# title: Stale price
# description: Denies each line whose price is older than its source may be.
deny contains finding.new(rego.metadata.chain(), object.union(lines.stake(line), {"message": stale(line)})) if {
	some line in stale_lines
	not only_reported(line)
	not levels.lenient(terms)
}

# METADATA
# title: Stale price, reported
# description: Warns of all old prices at once where they do not deny.
warn contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["environment"]),
	"message": sprintf("%v with prices older than they may be: %s.", [count(reported), finding.named(reported)]),
}) if {
	count(reported) > 0
}

# METADATA
# title: Age not known
# description: Denies each line unless its price is of a day in the past, from a source with a known limit.
deny contains finding.new(rego.metadata.chain(), object.union(lines.stake(line), {
	"message": "How old the line's price is, or may be, is not known.",
	"remedy": "Make the estimate anew, or name the source under freshness in finops/config/deployment.",
	"waivable": false,
})) if {
	some line in lines.paid
	not aged(line)
}

# METADATA
# title: No ages configured
# description: Denies unless the configuration says how old prices may be.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say how old prices may be.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

stale_lines contains line if {
	some line in lines.paid
	hours(line) > limit(line)
}

aged(line) if {
	hours(line) >= 0
	limit(line) >= 0
}

limit(line) := terms.max_age_days[line.price_source.kind] * 24

hours(line) := values.hours_since(sprintf("%vT00:00:00Z", [line.price_source.date]))

# A source that nobody takes for today's prices, so that its age is no news.
only_reported(line) if line.price_source.kind in terms.only_reported

reported contains line if {
	some line in stale_lines
	only_reported(line)
}

reported contains line if {
	some line in stale_lines
	levels.reports(terms)
}

configured if count(terms.max_age_days) > 0

stale(line) := sprintf("Its price (%v) is of %v.", [line.price_source.kind, line.price_source.date])
