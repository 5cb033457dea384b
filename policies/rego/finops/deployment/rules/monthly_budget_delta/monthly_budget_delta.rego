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
import data.finops.lib.levels
import data.finops.lib.values

terms := data.finops.config.deployment.high_end

limit := data.finops.config.deployment.environments[input.environment].max_monthly_increase[input.estimate.currency]

# METADATA
# title: More than the environment allows
# description: Denies unless the increase is within the limit of the environment.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"The change adds %v %v a month; environment %v allows %v.",
	[finding.fact(["estimate", "monthly_delta"]), currency, finding.fact(["environment"]), limit_shown],
)})) if {
	not within_limit
}

# METADATA
# title: High end far above the limit
# description: Denies unless the high end is within the share of the limit that it may be, where what is likely is within it.
deny contains too_high(rego.metadata.chain()) if {
	within_limit
	not high_within
	not high_is_let_be
}

# METADATA
# title: High end far above the limit, reported
# description: Reports such a high end where the environment does not deny it.
warn contains too_high(rego.metadata.chain()) if {
	within_limit
	not high_within
	levels.reports(terms)
}

# METADATA
# title: More than the budget has left
# description: Denies unless even the high end of the estimate fits what the budget has left.
deny contains finding.new(rego.metadata.chain(), object.union(stake, {"message": sprintf(
	"The change adds up to %v a month; budget %v has %v %v left.",
	array.concat([finding.fact(["estimate", "high"])], [finding.fact(["budget", f]) | some f in ["scope", "remaining", "currency"]]),
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

currency := finding.fact(["estimate", "currency"])

spend_known if input.budget.source in ["measured", "stated"]

default limit_shown := "nothing (it is not configured)"

limit_shown := sprintf("%v %v", [limit, currency])

stake := {"subject": finding.fact(["budget", "scope"]), "amount": finding.fact(["estimate", "high"]), "currency": currency}

within_limit if values.amount(input.estimate.monthly_delta) <= values.amount(limit)

high_is_let_be if levels.lenient(terms)

# What scales, or depends on use, may become as dear as its high end.
high_within if values.amount(input.estimate.high) <= (values.amount(limit) * terms.max_pct[input.environment]) / 100

too_high(chain) := finding.new(chain, object.union(stake, {
	"message": sprintf(
		"The change may add up to %v %v a month; environment %v allows %v %% of its limit of %v at the high end.",
		[finding.fact(["estimate", "high"]), currency, finding.fact(["environment"]), share_shown, limit_shown],
	),
	"remedy": "Set smaller maxima, state the use in a usage file, raise max_pct in finops/config, or ask for a waiver.",
}))

share_shown := object.get(terms, ["max_pct", finding.fact(["environment"])], "no (it is not configured)")

# A change that saves money is welcome in a budget that is used up.
within_budget if {
	input.budget.currency == input.estimate.currency
	values.amount(input.estimate.high) <= max([0, values.amount(input.budget.remaining)])
}

budget_holds if {
	values.filled(input.budget.scope)
	input.budget.source in ["measured", "stated", "not_known"]
	left := values.amount(input.budget.monthly_limit) - max([values.amount(input.budget.spent), values.amount(input.budget.forecast)])
	abs(values.amount(input.budget.remaining) - left) < 0.005
}
