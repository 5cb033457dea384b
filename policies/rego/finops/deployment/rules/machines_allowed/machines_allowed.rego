# METADATA
# title: Machine types allowed
# description: Machines are of families and sizes that their environment allows.
# custom:
#   rule_id: deployment.machines_allowed
#   severity: medium
#   remedy: Choose a smaller or another machine type, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.machines_allowed

import data.finops.lib.finding
import data.finops.lib.machines
import data.finops.lib.stake

patterns := data.finops.config.deployment.machines.allowed[input.environment]

# METADATA
# title: Machine type not allowed
# description: Denies a resource unless each of its machine types matches an allowed pattern.
deny contains finding.new(rego.metadata.chain(), object.union(stake.of(resource), {"message": sprintf(
	"Environment %v does not allow machine type %s.",
	[finding.fact(["environment"]), concat(", ", excess)],
)})) if {
	some resource in machines.changed
	kinds := {kind | some kind in machines.kinds(resource)}
	excess := kinds - permitted(kinds)
	count(excess) > 0
}

# METADATA
# title: Machine type not known
# description: Denies a resource whose machine type is only known after the change, or is missing.
deny contains finding.new(rego.metadata.chain(), object.union(stake.of(resource), {
	"message": "The machine type is not known before the change is applied.",
	"remedy": "Give the machine type a value that is known when planning.",
})) if {
	some resource in machines.changed
	not machines.kinds(resource)
}

# METADATA
# title: No machines configured
# description: Denies unless the configuration says which resources run on machines.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say which resources run on machines.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

default permitted(_) := set()

permitted(kinds) := machines.matching(kinds, patterns)

configured if count(machines.attributes) > 0
