package finops.capacity.rules.budget_kept_test

import data.finops.capacity.question_test as q
import data.finops.capacity.rules.budget_kept

test_plan_within_its_budget_passes if count(budget_kept.deny) == 0 with input as q.question

test_plan_at_its_budget_passes if count(budget_kept.deny) == 0 with input as q.set("/budget/amount", "4.032")

test_plan_above_its_budget_is_denied_and_can_be_waived if {
	denials := budget_kept.deny with input as q.set("/budget/amount", "4.031")
	[[d.message, d.waivable, d.amount] | some d in denials] == [["The plan costs 4.032 USD; its budget is 4.031 USD.", true, "4.032"]]
}

test_budget_of_another_currency_or_none_is_denied_for_good if {
	every case in [["/budget/currency", "EUR"], ["/budget/amount", null], ["/budget/amount", "-1"]] {
		denials := budget_kept.deny with input as q.set(case[0], case[1])
		false in {d.waivable | some d in denials}
	}
}

test_dear_hour_is_denied if {
	denials := budget_kept.deny with input as q.question
		with data.finops.config.capacity.environments as {"production": {"max_hourly_cost": {"USD": "1.15"}}}
	some denial in denials
	contains(denial.message, "1.15")
}

test_currency_or_environment_without_a_limit_is_denied if {
	every case in [["/unit/currency", "XTS"], ["/environment", "elsewhere"]] {
		denials := budget_kept.deny with input as q.set(case[0], case[1])
		some denial in denials
		contains(denial.message, "not configured")
	}
}

test_costs_that_do_not_add_up_are_denied_for_good if {
	every case in [
		["/plan/cost", "4.00"], ["/plan/steps/1/cost", "1.00"], ["/unit/hourly_cost", "0.10"],
		["/unit/hourly_cost", "0"], ["/target/period_hours", 2], ["/plan/steps/1/cost", null],
	] {
		denials := budget_kept.deny with input as q.set(case[0], case[1])
		false in {d.waivable | some d in denials}
	}
}

test_missing_facts_are_denied if {
	every path in ["/plan/cost", "/plan/steps/0/cost", "/unit/hourly_cost", "/unit/currency", "/budget/amount", "/budget/currency"] {
		count(budget_kept.deny) > 0 with input as q.without(path)
	}
}
