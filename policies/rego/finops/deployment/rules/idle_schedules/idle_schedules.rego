# METADATA
# title: Schedules of idle-prone resources
# description: >
#   What nobody uses at night carries a schedule, in the environments that nobody uses at night.
# custom:
#   rule_id: deployment.idle_schedules
#   severity: low
#   remedy: Tag the resource with its schedule (for example schedule = office-hours), so that it is stopped when idle.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.idle_schedules

import data.finops.lib.changes
import data.finops.lib.finding
import data.finops.lib.stake
import data.finops.lib.values

terms := data.finops.config.deployment.schedules

# METADATA
# title: Schedule missing
# description: Denies an idle-prone resource without a schedule where the environment demands one.
deny contains found(rego.metadata.chain(), resource) if {
	some resource in unscheduled
	input.environment in terms.demanded_in
}

# METADATA
# title: Schedules missing, reported
# description: Reports idle-prone resources without a schedule where the environment wants one, at once.
warn contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["environment"]),
	"message": sprintf("%v without tag %s, though nobody uses this environment at night: %s.", [
		count(unscheduled), terms.tag, finding.named(unscheduled),
	]),
}) if {
	count(unscheduled) > 0
	input.environment in terms.wanted_in
}

# METADATA
# title: No schedules configured
# description: Denies unless the configuration says what is idle-prone and where schedules count.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say where schedules are demanded, and of what.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

# METADATA
# title: Environment not known
# description: Denies unless it is known whether the environment demands schedules.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["environment"]),
	"message": "The configuration does not say whether this environment demands schedules.",
	"remedy": "Name the environment under schedules in finops/config/deployment.",
	"waivable": false,
}) if {
	not environment_known
}

unscheduled contains resource if {
	some resource in input.plan.resources
	resource.type in terms.types
	not changes.leaves(resource)
	not scheduled(resource)
}

scheduled(resource) if values.filled(resource.tags[terms.tag])

configured if {
	values.filled(terms.tag)
	count(terms.types) > 0
}

environment_known if {
	some names in [terms.demanded_in, terms.wanted_in, terms.not_wanted_in]
	input.environment in names
}

found(chain, resource) := finding.new(chain, object.union(stake.of(resource), {"message": sprintf(
	"The resource has no tag %s, and nobody uses environment %v at night.",
	[terms.tag, finding.fact(["environment"])],
)}))
