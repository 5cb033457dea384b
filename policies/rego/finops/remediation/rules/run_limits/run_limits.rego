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
	"message": sprintf("With this action, the limit %s (%v) is passed or cannot be checked.", [name, shown(name)]),
	"amount": finding.fact(["run", "affected_monthly_cost"]),
	"currency": finding.fact(["saving", "currency"]),
}) if {
	some name in ["actions_per_run", "actions_per_owner_and_day", "per_action", "per_run", "per_owner_and_day"]
	not within(name)
}

affected := values.amount(input.run.affected_monthly_cost) if {
	values.amount(input.run.affected_monthly_cost) >= 0
}

within("actions_per_run") if {
	values.is_count(input.run.actions_in_run)
	input.run.actions_in_run + 1 <= limits.actions_per_run
}

within("actions_per_owner_and_day") if {
	values.is_count(input.run.actions_owner_today)
	input.run.actions_owner_today + 1 <= limits.actions_per_owner_and_day
}

within("per_action") if affected <= values.amount(money.per_action)

within("per_run") if {
	values.amount(input.run.dollars_in_run) >= 0
	values.amount(input.run.dollars_in_run) + affected <= values.amount(money.per_run)
}

within("per_owner_and_day") if {
	values.amount(input.run.dollars_owner_today) >= 0
	values.amount(input.run.dollars_owner_today) + affected <= values.amount(money.per_owner_and_day)
}

default shown(_) := "not configured"

shown(name) := limits[name]

shown(name) := sprintf("%v %v", [money[name], input.saving.currency])
