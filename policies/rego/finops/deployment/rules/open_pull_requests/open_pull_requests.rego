# METADATA
# title: Room beside other pull requests
# description: >
#   What the other open pull requests would add leaves room for this change in the budget.
# custom:
#   rule_id: deployment.open_pull_requests
#   severity: medium
#   remedy: Merge or close others first, choose smaller or fewer resources, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.open_pull_requests

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: More than the others leave
# description: Denies unless the change fits the budget together with the other open pull requests.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["budget", "scope"]),
	"amount": finding.fact(["estimate", "high"]),
	"currency": finding.fact(["estimate", "currency"]),
	"message": sprintf(
		"With %v other open pull requests, the change exceeds what budget %v has left (%v %v), or their estimates are not known.",
		[
			count(others), finding.fact(["budget", "scope"]),
			finding.fact(["budget", "remaining"]), finding.fact(["budget", "currency"]),
		],
	),
}) if {
	count(others) > 0
	not fits_beside_them
}

# METADATA
# title: Others not known
# description: Denies if the other pull requests are given in another form than a list.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["budget", "scope"]),
	"message": "The other open pull requests are not a list.",
	"waivable": false,
}) if {
	"pull_requests" in object.keys(input)
	not listed
}

# An earlier estimate of this change is not another one.
others contains request if {
	some request in input.pull_requests
	not same_change(request)
}

same_change(request) if request.head_sha == input.git.head_sha

listed if is_array(input.pull_requests)

# What others save is not there before they are merged.
fits_beside_them if {
	every request in others {
		request.currency == input.estimate.currency
	}
	amounts := [values.amount(request.high) | some request in others]
	count(amounts) == count(others)
	taken := sum([max([0, amount]) | some amount in amounts])
	values.amount(input.estimate.high) <= max([0, values.amount(input.budget.remaining) - taken])
}
