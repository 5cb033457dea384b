# METADATA
# title: Stakes
# description: What a resource of a plan will cost a month, for waivers with a maximum.
package finops.lib.stake

import data.finops.lib.finding

# METADATA
# title: Stake of a resource
# description: Subject, amount and currency of a finding about the resource.
of(resource) := {
	"subject": finding.address(resource),
	"currency": finding.fact(["estimate", "currency"]),
	"amount": cost(finding.address(resource)),
}

default cost(_) := null

cost(address) := [amount | some amount in costs[address]][0]

# Made once: a plan may have thousands of resources.
costs[line.address] contains line.monthly_after if some line in input.estimate.lines
