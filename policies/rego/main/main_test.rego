package main.main_test

import data.finops.deployment.question_test as q
import data.main

idle := "No gate allows this. Test a question (`question` in the report json), with --data on the bundle's folder."

test_allowed_question_passes_with_its_warnings if {
	count(main.deny) == 0 with input as q.question
	some message in main.warn with input as q.question
	startswith(message, "deployment.prices_trusted: estimate: ")
}

test_denied_question_fails_with_rule_subject_and_remedy if {
	found := main.deny with input as q.set("/plan/complete", false)
	count(found) == 1
	some message in found
	startswith(message, "deployment.plan_complete: plan: ")
	contains(message, " → Run terraform plan without -target")
}

test_each_gate_answers_its_own_questions if {
	every gate in ["capacity", "dbt", "deployment", "remediation"] {
		found := main.deny with input as {"schema": sprintf("%v/v1", [gate])}
		count(found) > 1
		every message in found {
			not startswith(message, "No gate")
		}
	}
}

test_what_is_no_question_fails if {
	every other in [{}, [], null, {"schema": "deployment/v2"}, {"format_version": "1.2", "resource_changes": []}] {
		main.deny == {idle} with input as other
	}
}

test_gate_without_an_answer_fails if {
	main.deny == {idle} with input as q.question with data.finops.deployment.decision as {"allow": false, "denials": []}
	main.deny == {idle} with input as q.question with data.finops.deployment.decision as null
}
