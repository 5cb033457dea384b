# METADATA
# title: Required tags
# description: >
#   Every resource that a change leaves behind carries the tags that costs are allocated by.
# custom:
#   rule_id: deployment.required_tags
#   severity: medium
#   remedy: Add the missing tags to the resource, or to default_tags of its provider.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.required_tags

import data.finops.lib.changes
import data.finops.lib.finding
import data.finops.lib.stake

required := data.finops.config.deployment.tags.required

# METADATA
# title: No required tags configured
# description: Denies unless the configuration requires at least one tag.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say which tags are required.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
}) if {
	not configured
}

# METADATA
# title: Missing tags
# description: Denies a resource unless each required tag has an acceptable value.
deny contains found(rego.metadata.chain(), resource, sprintf("Missing or empty: %s.", [concat(", ", absent)])) if {
	some resource in carriers
	absent := [key | some key, _ in required; not filled(resource, key)]
	count(absent) > 0
}

# METADATA
# title: Tag value not allowed
# description: Denies a value outside the allowed ones, where the configuration lists some.
deny contains object.union(
	found(rego.metadata.chain(), resource, sprintf("Tag %s has the value %v.", [key, resource.tags[key]])),
	{"remedy": sprintf("Set tag %s to one of: %s.", [key, concat(", ", allowed(key))])},
) if {
	some resource in carriers
	some key, _ in required
	filled(resource, key)
	not acceptable(resource, key)
}

# METADATA
# title: Tags not known
# description: Denies a resource whose tags are only known after the change was made.
deny contains object.union(
	found(rego.metadata.chain(), resource, "The tags are not known before the change is applied."),
	{"remedy": "Give the tags values that are known when planning."},
) if {
	some resource in carriers
	not tags_known(resource)
}

# METADATA
# title: Carriers
# description: Resources that the change leaves behind, unless shown to be unable to carry tags.
carriers contains resource if {
	some resource in input.plan.resources
	not changes.leaves(resource)
	not cannot_carry(resource)
}

cannot_carry(resource) if {
	resource.taggable == false
	resource.tags == null
	is_string(resource.type)
	not known_to_carry(resource)
}

known_to_carry(resource) if resource.type in data.finops.config.deployment.tags.taggable_types

tags_known(resource) if resource.tags_known == true

configured if count(required) > 0

filled(resource, key) if {
	value := resource.tags[key]
	is_string(value)
	trim_space(value) != ""
}

allowed(key) := object.get(required, [key, "allowed"], [])

acceptable(resource, key) if resource.tags[key] in allowed(key)

acceptable(_, key) if allowed(key) == []

found(chain, resource, message) := finding.new(chain, object.union({"message": message}, stake.of(resource)))
