# METADATA
# title: Sound saving
# description: >
#   The saving is worth a change and comes with an interval that holds it.
# custom:
#   rule_id: remediation.saving_sound
#   severity: medium
#   remedy: Leave small savings alone; propose again with the interval of the estimate.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.remediation.rules.saving_sound

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Saving too small
# description: Denies unless the monthly saving reaches the minimum of its currency.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"A saving of %v %v a month is too small, or its currency is not configured.",
	[finding.fact(["saving", "monthly"]), finding.fact(["saving", "currency"])],
)})) if {
	not worthwhile
}

# METADATA
# title: Interval that does not hold
# description: Denies unless the saving lies between its low and its high end.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {
	"message": "The saving does not lie between its low and its high end.",
	"waivable": false,
})) if {
	not interval_holds
}

stake := {
	"subject": finding.fact(["resource", "resource_id"]),
	"amount": finding.fact(["run", "affected_monthly_cost"]),
	"currency": finding.fact(["saving", "currency"]),
}

worthwhile if {
	minimum := data.finops.config.remediation.min_monthly_saving[input.saving.currency]
	values.amount(input.saving.monthly) >= values.amount(minimum)
}

interval_holds if {
	values.amount(input.saving.low) <= values.amount(input.saving.monthly)
	values.amount(input.saving.monthly) <= values.amount(input.saving.high)
}
