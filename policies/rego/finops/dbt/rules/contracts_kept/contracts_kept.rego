# METADATA
# title: Contracts kept
# description: >
#   Every public model has an enforced contract, and nothing that others build on is taken away:
#   compared with the manifest of the branch that the change goes to.
# custom:
#   rule_id: dbt.contracts_kept
#   severity: high
#   remedy: Keep what was promised and add a new version of the model beside it.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.dbt.rules.contracts_kept

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Contract not enforced
# description: Denies a public model unless its contract is enforced.
deny contains finding.new(rego.metadata.chain(), {
	"subject": object.get(model, "unique_id", "(missing)"),
	"message": "The model is public and has no enforced contract.",
	"remedy": "Set contract: {enforced: true} and give every column its data_type, or make the model private.",
}) if {
	some model in input.models
	not enforced(model)
}

# METADATA
# title: Promise broken
# description: Denies each thing that the changed project takes away.
deny contains finding.new(rego.metadata.chain(), {
	"subject": object.get(broken, "unique_id", "(missing)"),
	"message": told(broken),
}) if {
	some broken in input.breaks
}

# METADATA
# title: Nothing to compare with
# description: Denies unless the manifest of the base branch was given and compared.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["project", "name"]),
	"message": "What the change takes away is not known: the manifest of the base branch is missing.",
	"remedy": "Run dbt parse on the base branch and give its manifest.json as --base.",
}) if {
	not compared
}

# METADATA
# title: No public models
# description: Denies unless the project is known and has at least one public model.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["project", "name"]),
	"message": "The project has no public model, or its manifest is incomplete.",
	"remedy": "Give the manifest.json of the whole project; mark what others build on as access: public.",
}) if {
	not known
}

enforced(model) if model.contract == true

compared if {
	values.filled(input.base.manifest_sha256)
	is_array(input.breaks)
}

known if {
	values.filled(input.git.repository)
	values.filled(input.git.base_ref)
	values.filled(input.git.head_sha)
	values.filled(input.git.actor)
	values.filled(input.project.name)
	values.filled(input.project.dbt_version)
	values.filled(input.project.adapter)
	values.filled(input.project.manifest_sha256)
	count([model | some model in input.models; described(model)]) == input.project.public_models
	count(input.models) == input.project.public_models
	input.project.public_models > 0
}

described(model) if {
	values.filled(model.unique_id)
	values.filled(model.file)
	values.filled(model.materialized)
	is_array(model.reads)
}

default told(_) := "The change takes something away, and does not say what."

told(broken) := "The public model is gone." if broken.what == "model_removed"

told(broken) := sprintf("The model was public and is now %v.", [object.get(broken, "after", "(missing)")]) if {
	broken.what == "access_narrowed"
}

told(broken) := "The model's contract is no longer enforced." if broken.what == "contract_dropped"

told(broken) := sprintf("Column %v is gone.", [object.get(broken, "column", "(missing)")]) if {
	broken.what == "column_removed"
}

told(broken) := sprintf("Column %v was %v and is now %v.", [
	object.get(broken, "column", "(missing)"),
	object.get(broken, "before", "(missing)"), object.get(broken, "after", "(missing)"),
]) if {
	broken.what == "type_changed"
}
