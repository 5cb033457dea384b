# METADATA
# title: Fresh evidence
# description: >
#   An action rests on evidence of a known kind, gathered recently and over enough days.
# custom:
#   rule_id: remediation.evidence_fresh
#   severity: high
#   remedy: Collect the inventory again and make a new plan.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: false
package finops.remediation.rules.evidence_fresh

import data.finops.lib.finding
import data.finops.lib.values

wanted := data.finops.config.remediation.evidence[input.evidence.kind]

# METADATA
# title: Kind of evidence not known
# description: Denies unless the configuration says what this kind of evidence must be.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["resource", "resource_id"]),
	"message": sprintf("Evidence of kind %v is not known.", [finding.fact(["evidence", "kind"])]),
	"remedy": "Say in finops/config/remediation what evidence of this kind must be.",
}) if {
	not wanted
}

# METADATA
# title: Old evidence
# description: Denies unless the evidence is young enough, and not of the future.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["resource", "resource_id"]),
	"message": sprintf("The evidence is of %v, too long before %v.", [finding.fact(["evidence", "as_of"]), finding.fact(["now"])]),
}) if {
	not fresh
}

# METADATA
# title: Observed too briefly
# description: Denies unless the resource was observed for enough days.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["resource", "resource_id"]),
	"message": sprintf("The resource was observed for %v days only.", [finding.fact(["evidence", "observed_days"])]),
	"remedy": "Wait until it has been observed for longer.",
}) if {
	not observed
}

# METADATA
# title: No facts
# description: Denies unless the evidence carries at least one fact.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["resource", "resource_id"]),
	"message": "The evidence carries no facts.",
}) if {
	not has_facts
}

has_facts if {
	is_object(input.evidence.facts)
	count(input.evidence.facts) > 0
}

fresh if values.hours_since(input.evidence.as_of) <= wanted.max_age_hours

observed if {
	values.is_count(input.evidence.observed_days)
	input.evidence.observed_days >= wanted.min_observed_days
}
