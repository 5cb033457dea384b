# METADATA
# title: Commitments stay in use
# description: >
#   A commitment that covered what goes is paid on: its part of the saving is none until something else
#   uses it. What a change takes away and what it adds are set off against each other, cloud by cloud.
# custom:
#   rule_id: deployment.commitment_waste
#   severity: medium
#   remedy: Let something else use the commitment, wait for its end, exchange or sell it, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.commitment_waste

import data.finops.lib.finding
import data.finops.lib.lines
import data.finops.lib.values

limit := data.finops.config.deployment.commitments.max_released[input.environment][input.estimate.currency]

# METADATA
# title: Commitment without use
# description: Denies unless what the change takes away from commitments is within the environment's limit.
deny contains found(rego.metadata.chain(), cloud, amount) if {
	some cloud, amount in released
	amount > 0
	not small(amount)
}

# METADATA
# title: Commitment without use, reported
# description: Warns of what is taken away within the limit, since the saving is smaller than it seems.
warn contains found(rego.metadata.chain(), cloud, amount) if {
	some cloud, amount in released
	amount > 0
	small(amount)
}

# METADATA
# title: Cover not told
# description: Denies unless each priced line says what commitments pay of it, before and after.
deny contains finding.new(rego.metadata.chain(), object.union(lines.stake(line), {
	"message": "The line does not say what commitments pay of it.",
	"remedy": "Make the estimate anew with this Tollgate version.",
	"waivable": false,
})) if {
	some line in input.estimate.lines
	lines.priced(line)
	not told(line)
}

# METADATA
# title: No limits configured
# description: Denies unless the configuration says how much a change may take away.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say what a change may take away from commitments.",
	"remedy": "Name environment and currency under commitments in finops/config/deployment.",
	"waivable": false,
}) if {
	not configured
}

told(line) if {
	values.amount(line.covered_before) >= 0
	values.amount(line.covered_after) >= 0
}

# In whole cents.
released[cloud] := round(100 * sum(differences)) / 100 if {
	some cloud, _ in by_cloud
	differences := [less |
		some line in by_cloud[cloud]
		less := values.amount(line.covered_before) - values.amount(line.covered_after)
	]
}

# The first word of a type is its provider's. Most lines have no part in it: a plan may have thousands.
by_cloud[split(line.type, "_")[0]] contains line if {
	some line in input.estimate.lines
	line.covered_before != line.covered_after
	lines.priced(line)
	told(line)
}

small(amount) if amount <= values.amount(limit)

configured if values.amount(limit) >= 0

default limit_shown := "nothing (it is not configured)"

limit_shown := limit

found(chain, cloud, amount) := finding.new(chain, {
	"subject": sprintf("commitments.%s", [cloud]),
	"currency": finding.fact(["estimate", "currency"]),
	"amount": sprintf("%v", [amount]),
	"message": sprintf(
		"Commitments pay %v %v a month of what goes, and go on: that part is not saved; environment %v allows %v.",
		[amount, finding.fact(["estimate", "currency"]), finding.fact(["environment"]), limit_shown],
	),
})
