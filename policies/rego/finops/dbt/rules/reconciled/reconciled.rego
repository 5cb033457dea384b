# METADATA
# title: Reconciled
# description: >
#   The tests that show that money is conserved exist, were run, and passed, each of them.
# custom:
#   rule_id: dbt.reconciled
#   severity: critical
#   remedy: Mend the model until it sums to its source to the cent, and run its tests.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.dbt.rules.reconciled

import data.finops.lib.finding
import data.finops.lib.values

terms := data.finops.config.dbt.reconciliations

# METADATA
# title: Reconciliation failed
# description: Denies each reconciliation unless it is shown to have passed.
deny contains finding.new(rego.metadata.chain(), {
	"subject": object.get(test, "unique_id", "(missing)"),
	"message": sprintf("The reconciliation did not pass: %v.", [object.get(test, "status", "(missing)")]),
}) if {
	some model in input.models
	some test in model.tests
	reconciles(test)
	not passed(test)
}

# METADATA
# title: Nothing reconciles
# description: Denies unless enough reconciliations passed.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["project", "name"]),
	"message": sprintf("Fewer than %v tests show that money is conserved.", [
		object.get(terms, "min", "(not configured)"),
	]),
	"remedy": "Add a test that the model sums to its source, and tag it reconciliation.",
}) if {
	not enough
}

# METADATA
# title: Test not described
# description: Denies unless each test says what it is and how it ended, so that none is overlooked.
deny contains finding.new(rego.metadata.chain(), {
	"subject": object.get(model, "unique_id", "(missing)"),
	"message": "A test of the model does not say what it is or how it ended.",
}) if {
	some model in input.models
	not described(model)
}

described(model) if {
	every test in model.tests {
		values.filled(test.unique_id)
		values.filled(test.test)
		values.filled(test.status)
		is_array(test.tags)
		every tag in test.tags {
			is_string(tag)
		}
	}
}

reconciles(test) if test.test in terms.tests

reconciles(test) if {
	some tag in test.tags
	tag in terms.tags
}

passed(test) if test.status == "pass"

enough if {
	shown := {test.unique_id | some model in input.models; some test in model.tests; reconciles(test); passed(test)}
	count(shown) >= terms.min
	terms.min > 0
}
