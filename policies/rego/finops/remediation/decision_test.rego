package finops.remediation_test

import data.finops.remediation
import data.finops.remediation.question_test as q

test_sound_question_is_allowed_by_every_rule if {
	decision := remediation.decision with input as q.question
	decision.allow
	decision.denials == set()
	count(decision.evaluated) == 8
}

test_empty_question_is_denied if {
	not remediation.decision.allow with input as {}
}

test_every_denial_says_what_to_do if {
	decision := remediation.decision with input as {}
	every denial in decision.denials {
		every field in ["rule_id", "severity", "title", "message", "subject", "remedy"] {
			is_string(denial[field])
			denial[field] != ""
		}
	}
}

test_rule_that_does_not_answer_with_a_set_is_denied if {
	decision := remediation.decision with input as q.question with data.finops.remediation.denied as {"x": null}
	decision == {"allow": false, "denials": [], "warnings": [], "waived": [], "evaluated": []}
}
