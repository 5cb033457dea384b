# METADATA
# title: Current machine generation
# description: Machines of a previous generation cost more for less; they are denied where configured.
# custom:
#   rule_id: deployment.machines_current
#   severity: low
#   remedy: Choose the newest generation of the same family.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.machines_current

import data.finops.lib.finding
import data.finops.lib.machines
import data.finops.lib.stake

terms := data.finops.config.deployment.machines.previous_generation

# METADATA
# title: Previous generation
# description: Denies a machine of a previous generation, unless its environment only warns.
deny contains found(rego.metadata.chain(), resource, old) if {
	some resource in machines.changed
	old := machines.matching(machines.kinds(resource), terms.patterns)
	count(old) > 0
	not only_warned
}

# METADATA
# title: Previous generation, reported
# description: Reports a machine of a previous generation where the environment only warns.
warn contains found(rego.metadata.chain(), resource, old) if {
	some resource in machines.changed
	old := machines.matching(machines.kinds(resource), terms.patterns)
	count(old) > 0
	only_warned
}

# METADATA
# title: No generations configured
# description: Denies unless the configuration says which generations are previous ones.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say which machine generations are previous ones.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

only_warned if input.environment in terms.only_warned_in

configured if count(terms.patterns) > 0

found(chain, resource, old) := finding.new(chain, object.union(stake.of(resource), {"message": sprintf("Machine type %s is of a previous generation.", [concat(", ", old)])}))
