# METADATA
# title: Lifecycle of stored objects
# description: >
#   An object store has rules that move or delete what is old: else it only grows. Rules may stand in the
#   resource, or in one of their own that refers to it.
# custom:
#   rule_id: deployment.storage_lifecycle
#   severity: low
#   remedy: Give the store lifecycle rules in the same configuration (expire, or move to a colder class), or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.storage_lifecycle

import data.finops.lib.changes
import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.stake
import data.finops.lib.values

terms := data.finops.config.deployment.storage_lifecycle

# METADATA
# title: No lifecycle
# description: Denies each object store unless it is known to have lifecycle rules.
deny contains found(rego.metadata.chain(), resource) if {
	some resource in unmanaged
	not levels.lenient(terms)
}

# METADATA
# title: No lifecycle, reported
# description: Warns of all of them at once where the environment only reports.
warn contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["environment"]),
	"message": sprintf("%v without lifecycle rules that are known: %s.", [count(unmanaged), finding.named(unmanaged)]),
}) if {
	count(unmanaged) > 0
	levels.reports(terms)
}

# METADATA
# title: No stores configured
# description: Denies unless the configuration says which resources store objects.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say which resources store objects.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

unmanaged contains resource if {
	some resource in input.plan.resources
	resource.type in terms.types
	not changes.leaves(resource)
	not managed(resource)
}

managed(resource) if {
	values.filled(resource.attributes.lifecycle)
	resource.attributes.lifecycle != "none"
}

configured if count(terms.types) > 0

default message(_) := "Whether the store has lifecycle rules is not known."

message(resource) := "The store has no lifecycle rules, so it only grows." if resource.attributes.lifecycle == "none"

found(chain, resource) := finding.new(chain, object.union(stake.of(resource), {"message": message(resource)}))
