package finops.dbt_test

import data.finops.dbt
import data.finops.dbt.question_test as q

test_sound_question_is_allowed_by_every_rule if {
	decision := dbt.decision with input as q.question
	decision.allow
	decision.denials == set()
	count(decision.evaluated) == 5
}

test_empty_question_is_denied if {
	not dbt.decision.allow with input as {}
}

test_rule_that_denies_closes_the_gate if {
	decision := dbt.decision with input as q.without("/run/generated_at")
	not decision.allow
	{d.rule_id | some d in decision.denials} == {"dbt.build_succeeded"}
}

test_every_denial_says_what_to_do if {
	decision := dbt.decision with input as {}
	every denial in decision.denials {
		every field in ["rule_id", "severity", "title", "message", "subject", "remedy"] {
			is_string(denial[field])
			denial[field] != ""
		}
	}
}

test_rule_that_does_not_answer_with_a_set_is_denied if {
	decision := dbt.decision with input as q.question with data.finops.dbt.denied as {"x": null}
	decision == {"allow": false, "denials": [], "warnings": [], "waived": [], "evaluated": []}
}
