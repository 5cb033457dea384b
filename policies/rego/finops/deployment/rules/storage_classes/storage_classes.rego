# METADATA
# title: Current storage classes
# description: Disks of an older class cost more for the same, or give less; the class is set, not left to the provider.
# custom:
#   rule_id: deployment.storage_classes
#   severity: low
#   remedy: Set the type of the disk to its current class (gp3 instead of gp2).
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.storage_classes

import data.finops.lib.changes
import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.stake
import data.finops.lib.values

terms := data.finops.config.deployment.storage_classes

# METADATA
# title: Older storage class
# description: Denies each disk unless its class is known and current.
deny contains found(rego.metadata.chain(), resource) if {
	some resource in outdated
	not levels.lenient(terms)
}

# METADATA
# title: Older storage class, reported
# description: Warns of all of them at once where the environment only reports.
warn contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["environment"]),
	"message": sprintf("%v of an older storage class, or of none that is set: %s.", [count(outdated), finding.named(outdated)]),
}) if {
	count(outdated) > 0
	levels.reports(terms)
}

# METADATA
# title: No storage classes configured
# description: Denies unless the configuration says which classes are older ones, and of what.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say which storage classes are older ones.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

outdated contains resource if {
	some resource in input.plan.resources
	resource.type in object.keys(terms.attributes)
	not changes.leaves(resource)
	not current(resource)
}

class(resource) := value if {
	value := resource.attributes[terms.attributes[resource.type]]
	values.filled(value)
}

current(resource) if {
	name := class(resource)
	every pattern in terms.older { not regex.match(pattern, name) }
}

configured if {
	count(terms.attributes) > 0
	count(terms.older) > 0
}

default message(_) := "The storage class is not set, or not known; the provider may choose an older one."

message(resource) := sprintf("Storage class %s is an older one.", [class(resource)])

found(chain, resource) := finding.new(chain, object.union(stake.of(resource), {"message": message(resource)}))
