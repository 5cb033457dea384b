# METADATA
# title: Plan described
# description: >
#   It is known what is scaled and whose it is, the plan begins now, and each period says why.
# custom:
#   rule_id: capacity.plan_described
#   severity: medium
#   remedy: Name target, owner and kind in the file of targets, and plan again.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.capacity.rules.plan_described

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Target unknown
# description: Denies unless name, owner, metric and kind of the target are known.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("A target of kind %v and owner %v is not one that can be planned for.", [
		finding.fact(["target", "kind"]), finding.fact(["target", "owner"]),
	]),
}) if {
	not target_known
}

# METADATA
# title: Plan of another time
# description: Denies unless the plan begins now or later, or not long ago.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("The plan begins at %v, which is too long ago or no time.", [finding.fact(["plan", "starts_at"])]),
}) if {
	not begins_now
}

# METADATA
# title: Period without a reason
# description: Denies each period that does not say why it has its units.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("Period %v gives no reason.", [place]),
}) if {
	some place, step in input.plan.steps
	not reasoned(step)
}

target_known if {
	every field in ["name", "owner", "metric"] {
		values.filled(input.target[field])
	}
	input.target.kind in data.finops.config.capacity.kinds
}

begins_now if {
	oldest := values.now - (data.finops.config.capacity.plan_max_age_hours * 3600000000000)
	values.instant(input.plan.starts_at) >= oldest
}

reasoned(step) if values.filled(step.reason)
