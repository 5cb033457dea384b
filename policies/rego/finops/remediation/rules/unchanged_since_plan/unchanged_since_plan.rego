# METADATA
# title: Unchanged since the plan
# description: >
#   What is changed is what was planned: the resource is still there and as it was.
# custom:
#   rule_id: remediation.unchanged_since_plan
#   severity: critical
#   remedy: Make a new plan from the resource as it is now.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: false
package finops.remediation.rules.unchanged_since_plan

import data.finops.lib.finding

# METADATA
# title: Changed since the plan
# description: Denies unless the resource was read again and found as planned.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["resource", "resource_id"]),
	"message": "The resource is not as it was when the plan was made.",
}) if {
	not unchanged
}

# METADATA
# title: Gone
# description: Denies unless the resource exists.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["resource", "resource_id"]),
	"message": "The resource does not exist.",
}) if {
	not there
}

unchanged if input.resource.changed_since_plan == false

there if input.resource.exists == true
