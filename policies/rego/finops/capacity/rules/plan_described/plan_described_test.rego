package finops.capacity.rules.plan_described_test

import data.finops.capacity.question_test as q
import data.finops.capacity.rules.plan_described

test_described_plan_passes if count(plan_described.deny) == 0 with input as q.question

test_target_of_another_kind_or_without_an_owner_is_denied if {
	every case in [["/target/kind", "mainframe"], ["/target/owner", " "], ["/target/name", ""], ["/target/metric", null]] {
		count(plan_described.deny) == 1 with input as q.set(case[0], case[1])
	}
}

test_plan_of_yesterday_is_denied if {
	count(plan_described.deny) == 1 with input as q.set("/plan/starts_at", "2026-10-27T11:59:59Z")
	count(plan_described.deny) == 0 with input as q.set("/plan/starts_at", "2026-10-27T12:00:00Z")
}

test_period_without_a_reason_is_denied if {
	every reason in ["", " ", null, 7] {
		count(plan_described.deny) == 1 with input as q.set("/plan/steps/3/reason", reason)
	}
}

test_missing_facts_are_denied if {
	every path in ["/target/name", "/target/owner", "/target/kind", "/target/metric", "/plan/starts_at", "/plan/steps/0/reason"] {
		count(plan_described.deny) == 1 with input as q.without(path)
	}
}
