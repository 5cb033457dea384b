# METADATA
# title: Trusted data
# description: >
#   Bad data may alarm, never act: the bills behind a saving are complete, and recent.
# custom:
#   rule_id: remediation.data_trusted
#   severity: critical
#   remedy: Ingest the bills again until their control totals hold, then plan again.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: false
package finops.remediation.rules.data_trusted

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Control totals
# description: Denies unless the control totals of the bills hold.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "data",
	"message": "The control totals of the bills do not hold.",
}) if {
	not totals_hold
}

# METADATA
# title: Old data
# description: Denies unless the bills are recent enough, and not of the future.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "data",
	"message": sprintf("The bills are of %v, too long before %v.", [finding.fact(["data", "data_as_of"]), finding.fact(["now"])]),
}) if {
	not recent
}

totals_hold if input.data.control_totals_ok == true

recent if values.hours_since(input.data.data_as_of) <= data.finops.config.remediation.data_max_age_hours
