# METADATA
# title: Costly machine classes
# description: Accelerators and other classes that cost thousands a month need a named approval.
# custom:
#   rule_id: deployment.costly_classes
#   severity: high
#   remedy: "Have it approved by name: a waiver of this rule for this resource, with owner, reason, expiry and maximum amount."
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.costly_classes

import data.finops.lib.finding
import data.finops.lib.machines
import data.finops.lib.stake

patterns := data.finops.config.deployment.machines.costly

# METADATA
# title: Costly class
# description: Denies a machine of a costly class; a waiver is its approval.
deny contains finding.new(rego.metadata.chain(), object.union(stake.of(resource), {"message": sprintf("Machine type %s is of a class that needs a named approval.", [concat(", ", costly)])})) if {
	some resource in machines.changed
	costly := machines.matching(machines.kinds(resource), patterns)
	count(costly) > 0
}

# METADATA
# title: Accelerator attached
# description: Denies a machine that an accelerator is attached to, or may be.
deny contains finding.new(rego.metadata.chain(), object.union(stake.of(resource), {"message": sprintf("Accelerator %v needs a named approval.", [resource.attributes[attribute]])})) if {
	some resource in machines.changed
	some attribute in ["accelerators", "guest_accelerator.type"]
	attribute in object.keys(resource.attributes)
}

# METADATA
# title: No classes configured
# description: Denies unless the configuration says which classes are costly.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say which machine classes are costly.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

configured if count(patterns) > 0
