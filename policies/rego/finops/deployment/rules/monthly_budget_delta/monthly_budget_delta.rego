# METADATA
# title: Monthly budget delta
# description: >
#   A change may not add more to the monthly bill than its environment allows, nor more than the budget has left.
# custom:
#   rule_id: deployment.monthly_budget_delta
#   severity: high
#   remedy: Choose smaller or fewer resources, raise the limit in finops/config, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.monthly_budget_delta

import data.finops.lib.finding
import data.finops.lib.values

limit := data.finops.config.deployment.environments[input.environment].max_monthly_increase[input.estimate.currency]

# METADATA
# title: More than the environment allows
# description: Denies unless the increase is within the limit of the environment.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"The change adds %v %v a month; environment %v allows %v.",
	[
		finding.fact(["estimate", "monthly_delta"]), finding.fact(["estimate", "currency"]),
		finding.fact(["environment"]), limit_shown,
	],
)})) if {
	not within_limit
}

# METADATA
# title: More than the budget has left
# description: Denies unless even the high end of the estimate fits what the budget has left.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"The change adds up to %v a month; budget %v has %v %v left.",
	[
		finding.fact(["estimate", "high"]), finding.fact(["budget", "scope"]),
		finding.fact(["budget", "remaining"]), finding.fact(["budget", "currency"]),
	],
)})) if {
	not within_budget
}

# METADATA
# title: Budget that does not add up
# description: Denies unless what is left is the limit less what is spent or forecast, the larger.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["budget", "scope"]),
	"message": "The budget's figures are missing or do not add up.",
	"remedy": "Pass monthly_limit, spent and forecast of the scope; what is left follows from them.",
	"waivable": false,
}) if {
	not budget_holds
}

# METADATA
# title: Spend not known
# description: Warns if nothing is known of what the scope has already spent.
warn contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["budget", "scope"]),
	"message": "What the budget has already spent is not known, so its whole limit counts as left.",
	"remedy": "Pass --budget-file, or --spent and --forecast.",
}) if {
	not spend_known
}

spend_known if input.budget.source in ["measured", "stated"]

default limit_shown := "nothing (it is not configured)"

limit_shown := limit

stake := {
	"subject": finding.fact(["budget", "scope"]),
	"amount": finding.fact(["estimate", "high"]),
	"currency": finding.fact(["estimate", "currency"]),
}

within_limit if values.amount(input.estimate.monthly_delta) <= values.amount(limit)

# A change that saves money is welcome in a budget that is used up.
within_budget if {
	input.budget.currency == input.estimate.currency
	values.amount(input.estimate.high) <= max([0, values.amount(input.budget.remaining)])
}

budget_holds if {
	values.filled(input.budget.scope)
	input.budget.source in ["measured", "stated", "not_known"]
	used := max([values.amount(input.budget.spent), values.amount(input.budget.forecast)])
	left := values.amount(input.budget.monthly_limit) - used
	abs(values.amount(input.budget.remaining) - left) < 0.005
}
