# METADATA
# title: Each resource wholly priced
# description: >
#   One resource without a price may be dearer than all others, so each counts for itself, however much of the
#   change is priced; so does one that costs more than its price counts.
# custom:
#   rule_id: deployment.estimate_whole
#   severity: medium
#   remedy: Give the gate a list or a rate card that prices it (--prices, --rates), or ask for a waiver for its address.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.estimate_whole

import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.lines

unpriced_terms := data.finops.config.deployment.unpriced

partly_terms := data.finops.config.deployment.partly_priced

# METADATA
# title: Unpriced resource
# description: Denies each resource without a price, unless the environment only reports it or it goes.
deny contains without_price(rego.metadata.chain(), line) if {
	some line in unpriced
	not unpriced_is_let_be
}

# METADATA
# title: Unpriced resource, reported
# description: Reports each resource without a price where the environment does not deny it.
warn contains without_price(rego.metadata.chain(), line) if {
	some line in unpriced
	levels.reports(unpriced_terms)
}

# METADATA
# title: Partly priced resource
# description: Denies each resource that costs more than its price counts, or may.
deny contains in_part(rego.metadata.chain(), line) if {
	some line in partly
	not partly_is_let_be
}

# METADATA
# title: Partly priced resource, reported
# description: Reports what costs more than its price counts where the environment does not deny it.
warn contains in_part(rego.metadata.chain(), line) if {
	some line in partly
	levels.reports(partly_terms)
}

unpriced_is_let_be if levels.lenient(unpriced_terms)

partly_is_let_be if levels.lenient(partly_terms)

unpriced contains line if {
	some line in input.estimate.lines
	not lines.priced(line)
	not leaves(line)
}

# What goes has nothing left to count, but for the programs that run with its end.
partly contains line if {
	some line in input.estimate.lines
	object.get(line, "not_counted", []) != []
	not is_forgotten(line)
}

leaves(line) if line.address in deleted

leaves(line) if is_forgotten(line)

is_forgotten(line) if line.address in forgotten

# Made once: a plan may have thousands of resources.
deleted := with_actions(["delete"])

forgotten := with_actions(["forget"])

with_actions(actions) := {resource.address | some resource in input.plan.resources; resource.actions == actions}

without_price(chain, line) := finding.new(chain, object.union(stake(line), {
	"message": sprintf("The resource has no price (%v): what it costs is not known.", [object.get(line, "status", null)]),
	"remedy": object.get(remedies, object.get(line, "status", null), remedies.unsupported),
}))

remedies := {
	"unmapped": concat(" ", [
		"Add a mapping of its type, or name it in free.yaml if it costs nothing (policies/deployment/types, how is in",
		"policies/deployment/README.md); until then, price it by hand, and ask for a waiver for its address with that reason.",
	]),
	"unknown": concat(" ", [
		"Say in the configuration, with --region or in a usage file (--usage) what the note of its line misses, or plan",
		"again when it is known; else price it by hand, and ask for a waiver for its address with that reason.",
	]),
	"unsupported": concat(" ", [
		"Give the gate a list or a rate card that prices it (--prices, --rates), choose what has a price, or price it by",
		"hand, and ask for a waiver for its address with that reason.",
	]),
}

in_part(chain, line) := finding.new(chain, object.union(stake(line), {
	"message": sprintf("The price of the resource does not count all that it costs: %v.", [line.not_counted]),
	"remedy": "Leave it out, have its mapping read it (policies/deployment/types), or ask for a waiver for its address.",
}))

# A waiver for what is not priced is measured by the part of the change that is.
stake(line) := {
	"subject": finding.address(line),
	"amount": finding.fact(["estimate", "high"]),
	"currency": finding.fact(["estimate", "currency"]),
}
