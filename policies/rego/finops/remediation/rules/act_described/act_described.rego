# METADATA
# title: Described act
# description: >
#   It is said exactly what would be done to which resource, how risky that is, and whether it is real.
# custom:
#   rule_id: remediation.act_described
#   severity: high
#   remedy: Pass the plan as the executor made it, with its stage and mode.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: false
package finops.remediation.rules.act_described

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Target not named
# description: Denies unless the plan names exactly what would be changed, and by which action.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["resource", "resource_id"]),
	"message": sprintf("The question does not say its %s.", [concat(".", path)]),
}) if {
	some path in [
		["plan", "plan_id"], ["plan", "plan_hash"], ["plan", "action_id"], ["resource", "provider"],
		["resource", "region"], ["resource", "resource_id"], ["resource", "resource_type"],
	]
	not named(path)
}

# METADATA
# title: Stage or risk not known
# description: Denies unless it is said whether this is a plan or an act, and how risky it is.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["plan", "plan_id"]),
	"message": "It is not said whether this is a plan, a dry run or an act, or how risky it is.",
}) if {
	not stage_known
}

named(path) if values.filled(object.get(input, path, null))

stage_known if {
	input.stage in ["plan", "execute"]
	input.mode in ["dry_run", "apply"]
	input.plan.risk in ["low", "medium", "high"]
	is_boolean(input.approval.required)
}
