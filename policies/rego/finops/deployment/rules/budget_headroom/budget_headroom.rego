# METADATA
# title: Headroom of the budget
# description: >
#   One change may take only a share of its budget, and it fits even if the month becomes as dear as the
#   forecast's band allows.
# custom:
#   rule_id: deployment.budget_headroom
#   severity: medium
#   remedy: Choose smaller or fewer resources, raise the budget in finops/config, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.budget_headroom

import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.values

terms := data.finops.config.deployment.budget_headroom

# METADATA
# title: More than a share of the budget
# description: Denies unless the increase is within the environment's share of the monthly limit.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"The change adds %v %v a month; of budget %v (%v), environment %v allows one change %v %%.",
	[
		finding.fact(["estimate", "monthly_delta"]), finding.fact(["estimate", "currency"]),
		finding.fact(["budget", "scope"]), finding.fact(["budget", "monthly_limit"]),
		finding.fact(["environment"]), share_shown,
	],
)})) if {
	not within_share
}

# METADATA
# title: More than the band leaves
# description: Denies unless the high end of the estimate fits beside the high end of the forecast, where there is one.
deny contains beyond_band(rego.metadata.chain()) if {
	has_band
	not within_band
	not band_lenient
}

# METADATA
# title: More than the band leaves, reported
# description: Warns of the same where the environment only reports.
warn contains beyond_band(rego.metadata.chain()) if {
	has_band
	not within_band
	levels.reports(terms.band)
}

# METADATA
# title: Names that no bill has
# description: Warns if nothing is spent of a part of the budget because what it names is in no bill.
warn contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["budget", "scope"]),
	"message": sprintf("The budget names what is in no bill of its currency: %v. What that costs is not in it.", [input.budget.unbilled_covers]),
	"remedy": "Correct what the scope covers in finops/config/budgets, or wait for its first bill.",
})

# METADATA
# title: No headroom configured
# description: Denies unless the configuration says who keeps the forecast's band free.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say where the band of the forecast counts.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

# What saves money is welcome in any budget.
within_share if values.amount(input.estimate.monthly_delta) <= 0

within_share if {
	input.budget.currency == input.estimate.currency
	is_number(share)
	values.amount(input.estimate.monthly_delta) * 100 <= values.amount(input.budget.monthly_limit) * share
}

share := terms.max_share_pct[input.environment]

default share_shown := "(not configured)"

share_shown := share

# Without a forecast of its own there is no band; the forecast itself counts in monthly_budget_delta.
has_band if "forecast_high" in object.keys(input.budget)

within_band if values.amount(input.estimate.high) <= 0

within_band if {
	input.budget.currency == input.estimate.currency
	used := max([values.amount(input.budget.spent), values.amount(input.budget.forecast_high)])

	# Half a cent tells sums of cents apart.
	values.amount(input.estimate.high) + used < values.amount(input.budget.monthly_limit) + 0.005
}

band_lenient if levels.lenient(terms.band)

configured if is_object(terms.band)

beyond_band(chain) := finding.new(chain, object.union(stake, {"message": sprintf(
	"The change adds up to %v %v a month; if the month costs %v, as the forecast's band allows, budget %v (%v) has no room for it.",
	[
		finding.fact(["estimate", "high"]), finding.fact(["estimate", "currency"]),
		finding.fact(["budget", "forecast_high"]), finding.fact(["budget", "scope"]),
		finding.fact(["budget", "monthly_limit"]),
	],
)}))

stake := {
	"subject": finding.fact(["budget", "scope"]),
	"amount": finding.fact(["estimate", "high"]),
	"currency": finding.fact(["estimate", "currency"]),
}
