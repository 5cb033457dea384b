# METADATA
# title: Complete plan
# description: >
#   A plan that failed, or that covers only part of the change, says nothing about the rest.
# custom:
#   rule_id: deployment.plan_complete
#   severity: high
#   remedy: Run terraform plan without -target until it ends without errors, and pass all that terraform show -json prints of it.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: false
package finops.deployment.rules.plan_complete

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Errored plan
# description: Denies unless the plan says that it did not fail.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "plan",
	"message": "The plan does not say that it ended without errors.",
}) if {
	not succeeded
}

# METADATA
# title: Partial plan
# description: Denies unless the plan says that it covers the whole change.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "plan",
	"message": "The plan does not say that it covers the whole change.",
}) if {
	not whole
}

# METADATA
# title: Plan that cannot say whether it is whole
# description: Reports what the version that made the plan never writes, and what is taken for well therefore.
warn contains finding.new(rego.metadata.chain(), {
	"subject": "plan",
	"message": unstated[name].message,
	"remedy": unstated[name].remedy,
}) if {
	some name in input.plan.not_stated
}

unstated := {
	"complete": {
		"message": "The plan does not say whether it covers the whole change (Terraform before 1.8 and OpenTofu do not); it is taken to.",
		"remedy": "Make sure that it is planned without -target and -exclude.",
	},
	"errored": {
		"message": "The plan does not say whether it failed (versions before 1.6 do not); it is taken not to have.",
		"remedy": "Make sure that terraform plan ended without errors.",
	},
}

# METADATA
# title: No list of resources
# description: Denies unless the resources are a list, if only an empty one.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "plan",
	"message": "The plan does not list its resources.",
}) if {
	not lists_resources
}

# METADATA
# title: Resource that does not say what happens to it
# description: Denies unless each resource names itself and what the change does to it.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.address(resource),
	"message": "The plan does not say what the resource is, where it is, or what happens to it.",
}) if {
	some resource in input.plan.resources
	not described(resource)
}

# METADATA
# title: Change that does not say whose it is
# description: Denies unless the question names the plan's versions and the change that asks.
deny contains finding.new(rego.metadata.chain(), {
	"subject": concat(".", path),
	"message": "The question does not say which plan and which change it is about.",
	"remedy": "Pass the facts of the repository along with the plan.",
}) if {
	some path in [
		["plan", "format_version"], ["plan", "terraform_version"], ["git", "repository"],
		["git", "base_ref"], ["git", "head_sha"], ["git", "actor"],
	]
	not said(path)
}

said(path) if values.filled(object.get(input, path, null))

described(resource) if {
	every field in ["address", "type", "provider", "region"] {
		values.filled(resource[field])
	}
	is_array(resource.actions)
	is_boolean(resource.taggable)
	is_boolean(resource.tags_known)
	type_name(resource.tags) in {"object", "null"}
	every action in resource.actions {
		action in ["create", "read", "update", "delete", "forget", "no-op"]
	}
	count(resource.actions) > 0
}

succeeded if input.plan.errored == false

whole if input.plan.complete == true

lists_resources if is_array(input.plan.resources)
