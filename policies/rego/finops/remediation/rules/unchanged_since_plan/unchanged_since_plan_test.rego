package finops.remediation.rules.unchanged_since_plan_test

import data.finops.remediation.question_test as q
import data.finops.remediation.rules.unchanged_since_plan

test_unchanged_resource_passes if count(unchanged_since_plan.deny) == 0 with input as q.question

test_changed_resource_is_denied if {
	count(unchanged_since_plan.deny) == 1 with input as q.set("/resource/changed_since_plan", true)
	count(unchanged_since_plan.deny) == 1 with input as q.without("/resource/changed_since_plan")
}

test_resource_that_is_gone_is_denied if {
	count(unchanged_since_plan.deny) == 1 with input as q.set("/resource/exists", false)
	count(unchanged_since_plan.deny) == 1 with input as q.without("/resource/exists")
}
