package finops.capacity_test

import data.finops.capacity
import data.finops.capacity.question_test as q

test_sound_question_is_allowed_by_every_rule if {
	decision := capacity.decision with input as q.question
	decision.allow
	decision.denials == set()
	count(decision.evaluated) == 7
}

test_empty_question_is_denied if {
	not capacity.decision.allow with input as {}
}

test_rule_that_denies_closes_the_gate if {
	decision := capacity.decision with input as q.without("/plan/starts_at")
	not decision.allow
	{d.rule_id | some d in decision.denials} == {"capacity.cooldown_kept", "capacity.plan_described"}
}

test_every_denial_says_what_to_do if {
	decision := capacity.decision with input as {}
	every denial in decision.denials {
		every field in ["rule_id", "severity", "title", "message", "subject", "remedy"] {
			is_string(denial[field])
			denial[field] != ""
		}
	}
}

test_rule_that_does_not_answer_with_a_set_is_denied if {
	decision := capacity.decision with input as q.question with data.finops.capacity.denied as {"x": null}
	decision == {"allow": false, "denials": [], "warnings": [], "waived": [], "evaluated": []}
}
