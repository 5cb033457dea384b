package finops.lib.lines_test

import data.finops.deployment.question_test as q
import data.finops.lib.lines

test_free_and_unpriced_lines_are_not_paid if {
	{line.address | some line in lines.paid} == {"aws_instance.web"} with input as q.question
	count(lines.paid) == 0 with input as q.set("/estimate/lines/0/status", "unknown")
}

test_line_with_a_gap_is_not_wholly_priced if {
	lines.whole({"status": "priced"})
	lines.whole({"status": "priced", "not_counted": []})
	every gap in [["replica"], {"x": "y"}, null, ""] {
		not lines.whole({"status": "priced", "not_counted": gap})
	}
	not lines.whole({"status": "unknown", "not_counted": []})
}

test_gap_of_what_is_free_has_no_price_that_could_be_stale if {
	gap := {"op": "add", "path": "/estimate/lines/1/not_counted", "value": ["what its local-exec runs"]}
	count(lines.paid) == 1 with input as q.changed([gap])
}

test_cost_under_the_name_of_free_is_paid if {
	count(lines.paid) == 2 with input as q.set("/estimate/lines/1/monthly_after", "9.00")
}

test_stake_is_defined_whatever_is_missing if {
	lines.stake(q.question.estimate.lines[0]) == {"subject": "aws_instance.web", "currency": "USD", "amount": "15.82"} with input as q.question
	lines.stake({}) == {"subject": "(missing)", "currency": "(missing)", "amount": null} with input as {}
}
