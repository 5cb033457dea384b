package finops.deployment_test

import data.finops.deployment
import data.finops.deployment.question_test as q

test_sound_question_is_allowed_by_every_rule if {
	decision := deployment.decision with input as q.question
	decision.allow
	decision.denials == set()
	count(decision.evaluated) == count(data.finops.config.deployment.required_rules)
}

test_empty_question_is_denied if {
	not deployment.decision.allow with input as {}
}

test_rule_that_denies_closes_the_gate if {
	decision := deployment.decision with input as q.without("/plan/complete")
	not decision.allow
	{d.rule_id | some d in decision.denials} == {"deployment.plan_complete"}
}

test_every_denial_says_what_to_do if {
	decision := deployment.decision with input as {}
	every denial in decision.denials {
		every field in ["rule_id", "severity", "title", "message", "subject", "remedy"] {
			is_string(denial[field])
			denial[field] != ""
		}
	}
}

test_rule_that_does_not_answer_with_a_set_is_denied if {
	decision := deployment.decision with input as q.question with data.finops.deployment.denied as {"x": null}
	decision == {"allow": false, "denials": [], "warnings": [], "waived": [], "evaluated": []}
}
