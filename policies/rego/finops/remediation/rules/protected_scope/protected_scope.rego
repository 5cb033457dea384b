# METADATA
# title: Protected scope
# description: >
#   Protected tags and accounts are never touched, resources owned by code are changed by code, and what has no known owner or environment is left alone.
# custom:
#   rule_id: remediation.protected_scope
#   severity: critical
#   remedy: Leave the resource alone, or change finops/config/remediation together with its owner.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: false
package finops.remediation.rules.protected_scope

import data.finops.lib.finding
import data.finops.lib.values

protected := data.finops.config.remediation.protected

# METADATA
# title: Protected tag
# description: Denies a resource with a protecting tag that does not say no.
deny contains finding.new(rego.metadata.chain(), {
	"subject": resource_id,
	"message": sprintf("Tag %s protects the resource.", [key]),
}) if {
	some key, value in input.resource.tags
	plain(key) in protected_keys
	not says_no(value)
}

# METADATA
# title: Tags not known
# description: Denies unless the tags and the protecting tags are known.
deny contains finding.new(rego.metadata.chain(), {
	"subject": resource_id,
	"message": "It is not known whether a tag protects the resource.",
}) if {
	not tags_known
}

# METADATA
# title: Protected account
# description: Denies unless the account is known and not among the protected ones.
deny contains finding.new(rego.metadata.chain(), {
	"subject": resource_id,
	"message": sprintf("Account %v is protected or not known.", [finding.fact(["resource", "account_id"])]),
}) if {
	not open_account
}

# METADATA
# title: Owned by code
# description: Denies unless the resource may be changed through the API.
deny contains finding.new(rego.metadata.chain(), {
	"subject": resource_id,
	"message": sprintf("The resource is managed by %v.", [finding.fact(["resource", "managed_by"])]),
	"remedy": "Change it by a pull request to the code that owns it.",
}) if {
	not may_act
}

# METADATA
# title: Environment not known
# description: Denies unless the configuration says what the environment asks for.
deny contains finding.new(rego.metadata.chain(), {
	"subject": resource_id,
	"message": sprintf("Environment %v is not known.", [finding.fact(["resource", "environment"])]),
	"remedy": "Tag the resource with its environment; finops/config/remediation lists the known ones.",
}) if {
	not environment_known
}

# METADATA
# title: Owner not known
# description: Denies unless the resource has an owner.
deny contains finding.new(rego.metadata.chain(), {
	"subject": resource_id,
	"message": "Nobody is known to own the resource.",
	"remedy": "Tag the resource with its team.",
}) if {
	not owned
}

resource_id := finding.fact(["resource", "resource_id"])

protected_keys := {plain(key) | some key in protected.tags}

# People write one and the same word in many ways: only its letters and digits count.
plain(text) := regex.replace(trim_prefix(lower(text), "user:"), `[^\p{L}\p{N}]`, "")

says_no(value) if plain(value) in {plain(word) | some word in protected.not_protecting}

tags_known if {
	is_object(input.resource.tags)
	is_array(protected.tags)
}

open_account if {
	values.filled(input.resource.account_id)
	is_array(protected.accounts)
	not account_protected
}

account_protected if input.resource.account_id in protected.accounts

owned if values.filled(input.resource.owner)

may_act if input.resource.managed_by == null

may_act if input.resource.managed_by in protected.may_act_on_managed_by

environment_known if {
	data.finops.config.remediation.environments[lower(input.resource.environment)] in ["act", "approve"]
}
