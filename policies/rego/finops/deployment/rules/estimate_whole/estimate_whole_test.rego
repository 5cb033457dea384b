package finops.deployment.rules.estimate_whole_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.estimate_whole

line := q.question.estimate.lines[0]

# Five cheap ones beside it, as nothing else would be seen by the share.
others := [{"op": "add", "path": sprintf("/estimate/lines/%d", [n]), "value": object.union(line, {"address": "a.b"})} |
	some n in numbers.range(2, 6)
]

in_environment(name) := {"op": "replace", "path": "/environment", "value": name}

no_price := array.concat(others, [{"op": "replace", "path": "/estimate/lines/0/status", "value": "unsupported"}])

gap := array.concat(others, [{"op": "add", "path": "/estimate/lines/0/not_counted", "value": ["replica"]}])

test_priced_change_passes if {
	count(estimate_whole.deny) == 0 with input as q.question
	count(estimate_whole.warn) == 0 with input as q.question
}

test_unpriced_resource_is_not_outvoted_by_priced_ones if {
	every name in ["production", "staging", "elsewhere"] {
		denials := estimate_whole.deny with input as q.changed(array.concat(no_price, [in_environment(name)]))
		{d.subject | some d in denials} == {"aws_instance.web"}
	}
	every name in ["development", "sandbox"] {
		asked := q.changed(array.concat(no_price, [in_environment(name)]))
		count(estimate_whole.deny) == 0 with input as asked
		count(estimate_whole.warn) == 1 with input as asked
	}
}

test_remedy_is_that_of_what_is_missing if {
	every case in [
		{"status": "unmapped", "said": "Add a mapping"}, {"status": "unknown", "said": "--usage"},
		{"status": "unsupported", "said": "--prices"}, {"status": null, "said": "--prices"},
	] {
		status := {"op": "replace", "path": "/estimate/lines/0/status", "value": case.status}
		denials := estimate_whole.deny with input as q.changed([status])
		every denial in denials {
			contains(denial.remedy, case.said)
		}
		count(denials) == 1
	}
}

test_gap_in_a_price_is_named if {
	denials := estimate_whole.deny with input as q.changed(gap)
	[d.message | some d in denials] == [`The price of the resource does not count all that it costs: ["replica"].`]
	in_staging := q.changed(array.concat(gap, [in_environment("staging")]))
	count(estimate_whole.deny) == 0 with input as in_staging
	count(estimate_whole.warn) == 1 with input as in_staging
}

test_what_goes_may_be_unpriced if {
	count(estimate_whole.deny) == 0 with input as q.changed(array.concat(no_price, [going("delete")]))
	every patches in [no_price, gap] {
		count(estimate_whole.deny) == 0 with input as q.changed(array.concat(patches, [going("forget")]))
	}
}

test_program_that_runs_with_the_end_of_a_resource_counts if {
	count(estimate_whole.deny) == 1 with input as q.changed(array.concat(gap, [going("delete")]))
	count(estimate_whole.deny) == 1 with input as q.changed(array.concat(array.concat(no_price, gap), [going("delete")]))
}

going(action) := {"op": "replace", "path": "/plan/resources/0/actions", "value": [action]}

test_missing_levels_deny if {
	every patches in [no_price, gap] {
		asked := q.changed(array.concat(patches, [in_environment("development")]))
		count(estimate_whole.deny) == 1 with input as asked with data.finops.config.deployment.unpriced as {} with data.finops.config.deployment.partly_priced as {}
	}
}
