# METADATA
# title: Reversibility
# description: >
#   What can be undone may be done within the limits; what cannot, or is risky, or touches production, needs a person who did not ask for it, bound to this very plan.
# custom:
#   rule_id: remediation.reversibility
#   severity: critical
#   remedy: Have someone other than the requester approve this plan (tollgate actions approve), then apply before it expires.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: false
package finops.remediation.rules.reversibility

import data.finops.lib.finding
import data.finops.lib.values

kind := input.plan.reversibility.kind

# METADATA
# title: No way back
# description: Denies unless the action names its undo, or openly says that there is none.
deny contains finding.new(rego.metadata.chain(), {
	"subject": plan_id,
	"message": "The plan does not say how the action is undone, or why it cannot be.",
	"remedy": "Name the undo action, or declare the action irreversible and say why.",
}) if {
	not way_back
}

# METADATA
# title: Not approved
# description: Denies an act that needs an approval unless a valid one is given.
deny contains finding.new(rego.metadata.chain(), {
	"subject": plan_id,
	"message": "The plan needs an approval that is not there, or does not hold.",
}) if {
	acts
	not waits_for_nobody
	not approved
}

# METADATA
# title: Approval that does not hold
# description: Denies at any stage if an approval is said to be given and does not hold.
deny contains finding.new(rego.metadata.chain(), {
	"subject": plan_id,
	"message": "The approval is of another plan, of the requester, of the future, expired, too long or incomplete.",
}) if {
	not none_given
	not approved
}

# METADATA
# title: Needs approval
# description: Says while planning that the act will need an approval.
warn contains finding.new(rego.metadata.chain(), {
	"subject": plan_id,
	"message": "Applying this plan will need an approval.",
}) if {
	not acts
	not waits_for_nobody
	not approved
}

none_given if input.approval.given == false

plan_id := finding.fact(["plan", "plan_id"])

# Planning and dry runs change nothing; anything else, an unknown stage too, counts as acting.
acts if not harmless

harmless if input.stage == "plan"

harmless if {
	input.stage == "execute"
	input.mode == "dry_run"
}

way_back if {
	kind in ["undo", "snapshot"]
	values.filled(input.plan.reversibility.undo_action)
}

way_back if {
	kind == "irreversible"
	values.filled(input.plan.reversibility.note)
}

# Only what is shown to be low or medium risk, reversible, and in an environment that allows it.
waits_for_nobody if {
	kind in ["undo", "snapshot"]
	input.plan.risk in ["low", "medium"]
	input.approval.required == false
	data.finops.config.remediation.environments[lower(input.resource.environment)] == "act"
}

# Text would count as more than any number.
longest := hours if {
	hours := data.finops.config.remediation.approval_max_hours
	is_number(hours)
}

approved if {
	input.approval.given == true
	values.filled(input.approval.approver)
	values.filled(input.approval.requester)
	lower(trim_space(input.approval.approver)) != lower(trim_space(input.approval.requester))
	values.instant(input.approval.given_at) <= values.now
	values.hours_until(input.approval.expires_at) <= longest
	values.filled(input.plan.plan_hash)
	input.approval.plan_hash == input.plan.plan_hash
}
