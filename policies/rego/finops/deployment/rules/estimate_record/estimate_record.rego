# METADATA
# title: Estimates that bills bear out
# description: >
#   Where past bills were well above estimates of the same kind, and calibration has not corrected it (too few
#   bills, or too far off to be more than a mistake), no limit can be judged by the estimate.
# custom:
#   rule_id: deployment.estimate_record
#   severity: medium
#   remedy: Look at the bills in fct_estimate_accuracy, correct the mapping or the usage of the type, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.estimate_record

import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.lines
import data.finops.lib.values

terms := data.finops.config.deployment.estimate_record

# METADATA
# title: Poor record
# description: Denies each line that stays whose kind was billed well above what was estimated.
deny contains finding.new(rego.metadata.chain(), object.union(lines.stake(line), {"message": sprintf(
	"Bills were %v times the estimate of resources like this one (median of %v bills of %v changes); allowed is %v.",
	[rounded(ratio(line)), line.calibration.observations, line.calibration.changes, terms.max_actual_ratio],
)})) if {
	some line in poor
	not levels.lenient(terms)
}

# METADATA
# title: Poor record, reported
# description: Warns of all of them at once where the environment only reports.
warn contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["environment"]),
	"message": sprintf("%v of kinds whose bills were up to %v times the estimate: %v.", [
		count(poor), rounded(max({ratio(line) | some line in poor})), finding.named(poor),
	]),
}) if {
	count(poor) > 0
	levels.reports(terms)
}

# METADATA
# title: Not told
# description: Denies each line whose calibration is there, but does not say how it came to bills.
deny contains finding.new(rego.metadata.chain(), object.union(lines.stake(line), {
	"message": "The line's calibration does not say how near estimates of its kind came to bills.",
	"remedy": "Make the estimate anew with this Tollgate version.",
	"waivable": false,
})) if {
	some line in lines.paid
	not told(line)
}

# METADATA
# title: No limits configured
# description: Denies unless the configuration says how far bills may be above estimates.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say how far bills may be above estimates.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

poor contains line if {
	some line in lines.paid
	not goes(line)
	line.calibration.observations >= terms.min_observations
	ratio(line) > terms.max_actual_ratio
}

# What goes cannot become dearer than it was thought to be.
goes(line) if values.amount(line.monthly_after) == 0

# Bills by estimates as they are now: calibration has multiplied these by its factor.
ratio(line) := values.amount(line.calibration.median_ratio) / values.amount(line.calibration.factor) if told(line)

rounded(number) := round(number * 100) / 100

# Nothing is known of its kind yet.
told(line) if object.get(line, "calibration", null) == null

told(line) if {
	is_number(values.amount(line.calibration.median_ratio))
	values.amount(line.calibration.factor) > 0
	values.is_count(line.calibration.observations)
	values.is_count(line.calibration.changes)
}

configured if {
	is_number(terms.max_actual_ratio)
	values.is_count(terms.min_observations)
}
