# METADATA
# title: Run limits
# description: >
#   What one run, and one owner on one day, may lose by a mistake is limited in money and in number.
# custom:
#   rule_id: remediation.run_limits
#   severity: high
#   remedy: Wait for the next run or day, or raise the limit in finops/config/remediation.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: false
package finops.remediation.rules.run_limits

import data.finops.lib.finding
import data.finops.lib.values

limits := data.finops.config.remediation.limits

money := limits.dollars[input.saving.currency]

# METADATA
# title: Limit reached
# description: Denies for each limit that this action is not shown to stay within.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["resource", "resource_id"]),
	"message": sprintf("With this action, the limit %s (%v) %s.", [name, shown(name), outcome(name)]),
	"amount": finding.fact(["run", "affected_monthly_cost"]),
	"currency": finding.fact(["saving", "currency"]),
}) if {
	some name in ["actions_per_run", "actions_per_owner_and_day", "per_action", "per_run", "per_owner_and_day"]
	not within(name)
}

within(name) if reached[name] <= ceiling[name]

# A limit that cannot be checked denies too, and waiting would not help.
default outcome(_) := "cannot be checked"

outcome(name) := "is exceeded" if reached[name] > ceiling[name]

affected := values.amount(input.run.affected_monthly_cost) if {
	values.amount(input.run.affected_monthly_cost) >= 0
}

reached["actions_per_run"] := input.run.actions_in_run + 1 if values.is_count(input.run.actions_in_run)

reached["actions_per_owner_and_day"] := input.run.actions_owner_today + 1 if {
	values.is_count(input.run.actions_owner_today)
}

reached["per_action"] := affected

reached["per_run"] := values.amount(input.run.dollars_in_run) + affected if {
	values.amount(input.run.dollars_in_run) >= 0
}

reached["per_owner_and_day"] := values.amount(input.run.dollars_owner_today) + affected if {
	values.amount(input.run.dollars_owner_today) >= 0
}

ceiling[name] := number if {
	some name in ["actions_per_run", "actions_per_owner_and_day"]
	number := limits[name]

	# Text would count as more than any number.
	is_number(number)
}

ceiling[name] := values.amount(money[name]) if some name in ["per_action", "per_run", "per_owner_and_day"]

default shown(_) := "not configured"

shown(name) := limits[name]

shown(name) := sprintf("%v %v", [money[name], input.saving.currency])
