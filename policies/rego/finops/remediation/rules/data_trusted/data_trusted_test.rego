package finops.remediation.rules.data_trusted_test

import data.finops.remediation.question_test as q
import data.finops.remediation.rules.data_trusted

test_trusted_data_passes if count(data_trusted.deny) == 0 with input as q.question

test_failed_control_totals_are_denied if {
	count(data_trusted.deny) == 1 with input as q.set("/data/control_totals_ok", false)
	count(data_trusted.deny) == 1 with input as q.set("/data/control_totals_ok", "true")
	count(data_trusted.deny) == 1 with input as q.without("/data/control_totals_ok")
}

test_old_bills_are_denied if {
	count(data_trusted.deny) == 1 with input as q.set("/data/data_as_of", "2026-10-24T11:59:59Z")
	count(data_trusted.deny) == 1 with input as q.without("/data/data_as_of")
}
