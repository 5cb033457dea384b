# METADATA
# title: Build succeeded
# description: A fresh build made every public model, and nothing in it failed.
# custom:
#   rule_id: dbt.build_succeeded
#   severity: high
#   remedy: Run dbt build on the change, mend what fails, and give its run_results.json.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.dbt.rules.build_succeeded

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Node failed
# description: Denies each node of the build that did not succeed.
deny contains finding.new(rego.metadata.chain(), {
	"subject": object.get(node, "unique_id", "(missing)"),
	"message": sprintf("The node ended with: %v.", [object.get(node, "status", "(missing)")]),
}) if {
	some node in input.run.failed
}

# METADATA
# title: Model not built
# description: Denies a public model unless the build made it.
deny contains finding.new(rego.metadata.chain(), {
	"subject": object.get(model, "unique_id", "(missing)"),
	"message": sprintf("The public model was not built: %v.", [object.get(model, "status", "(missing)")]),
}) if {
	some model in input.models
	not built(model)
}

# METADATA
# title: Stale build
# description: Denies unless the build is shown to have ended recently.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["project", "name"]),
	"message": sprintf(
		"The build is of %v, which is older than %v hours, or is no time in the past.",
		[finding.fact(["run", "generated_at"]), object.get(data.finops.config.dbt, "max_run_age_hours", "(not configured)")],
	),
}) if {
	not fresh
}

# METADATA
# title: Build not known
# description: Denies unless the failures of the build and the public models are listed.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["project", "name"]),
	"message": "What the build did is not known.",
}) if {
	not listed
}

# METADATA
# title: Test warned
# description: Reports each test of a public model that ended with a warning.
warn contains finding.new(rego.metadata.chain(), {
	"subject": test.unique_id,
	"message": "The test ended with a warning.",
	"severity": "low",
	"remedy": "Look at the rows that it found.",
}) if {
	some model in input.models
	some test in model.tests
	test.status == "warn"
}

built(model) if model.status == "success"

fresh if values.hours_since(input.run.generated_at) <= data.finops.config.dbt.max_run_age_hours

listed if {
	is_array(input.run.failed)
	count(input.models) > 0
}
