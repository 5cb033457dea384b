# METADATA
# title: Public models owned
# description: Somebody answers for each public model.
# custom:
#   rule_id: dbt.models_owned
#   severity: medium
#   remedy: "Name an owner: meta.owner of the model, or a group with an owner."
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.dbt.rules.models_owned

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Model without owner
# description: Denies a public model unless it has an owner.
deny contains finding.new(rego.metadata.chain(), {
	"subject": object.get(model, "unique_id", "(missing)"),
	"message": "The model is public and nobody owns it.",
}) if {
	some model in input.models
	not owned(model)
}

# METADATA
# title: Models not known
# description: Denies unless the public models are listed.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["project", "name"]),
	"message": "The public models are not known.",
}) if {
	not listed
}

owned(model) if values.filled(model.owner)

listed if count(input.models) > 0
