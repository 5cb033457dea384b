# METADATA
# title: Log retention
# description: Logs are kept for a time that their environment allows, and not for ever.
# custom:
#   rule_id: deployment.log_retention
#   severity: medium
#   remedy: Set the retention of the log group to a number of days that the environment allows.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.log_retention

import data.finops.lib.changes
import data.finops.lib.finding
import data.finops.lib.stake

terms := data.finops.config.deployment.logs

# METADATA
# title: Kept too long
# description: Denies a log group unless it is kept for a known and allowed number of days.
deny contains finding.new(rego.metadata.chain(), object.union(stake.of(resource), {"message": sprintf(
	"The logs are kept for %s; environment %v allows %v days.",
	[kept(resource), finding.fact(["environment"]), limit_shown],
)})) if {
	some resource in input.plan.resources
	resource.type in object.keys(terms.attributes)
	not changes.leaves(resource)
	not short_enough(resource)
}

# METADATA
# title: No logs configured
# description: Denies unless the configuration says which resources keep logs.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say which resources keep logs.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

days(resource) := to_number(text) if {
	text := resource.attributes[terms.attributes[resource.type]]
	is_string(text)
	regex.match(`^[0-9]{1,5}$`, text)
}

# Zero days is how a provider spells for ever.
short_enough(resource) if {
	days(resource) > 0
	days(resource) <= terms.max_days[input.environment]
}

default kept(_) := "a time that is not known"

kept(resource) := sprintf("%v days", [days(resource)]) if days(resource) > 0

kept(resource) := "ever" if days(resource) == 0

kept(resource) := "ever" if {
	is_object(resource.attributes)
	not told(resource)
}

told(resource) if terms.attributes[resource.type] in object.keys(resource.attributes)

default limit_shown := "(not configured)"

limit_shown := terms.max_days[input.environment]

configured if count(terms.attributes) > 0
