package finops.capacity.rules.cooldown_kept_test

import data.finops.capacity.question_test as q
import data.finops.capacity.rules.cooldown_kept

test_rested_changes_pass if count(cooldown_kept.deny) == 0 with input as q.question

test_change_within_the_cooldown_is_denied_and_named if {
	denials := cooldown_kept.deny with input as q.set("/guardrails/cooldown_steps", 3)
	[d.message | some d in denials] == ["Period 3 changes the units before the cool-down has passed."]
}

test_change_right_after_the_cooldown_passes if {
	count(cooldown_kept.deny) == 0 with input as q.set("/guardrails/cooldown_steps", 2)
}

test_gap_or_overlap_of_periods_is_denied if {
	every at in ["2026-10-28T15:30:00Z", "2026-10-28T14:00:00Z", "soon", null] {
		count(cooldown_kept.deny) == 1 with input as q.set("/plan/steps/2/at", at)
	}
	count(cooldown_kept.deny) > 0 with input as q.set("/target/period_hours", 24)
	count(cooldown_kept.deny) > 0 with input as q.without("/plan/starts_at")
}

test_cooldown_shorter_than_the_environment_asks_for_is_denied if {
	every steps in [0, 1.5, "1", null] {
		count(cooldown_kept.deny) > 0 with input as q.set("/guardrails/cooldown_steps", steps)
	}
	strict := {"production": {"min_cooldown_hours": 6}}
	count(cooldown_kept.deny) == 1 with input as q.question
		with data.finops.config.capacity.environments as strict
	count(cooldown_kept.deny) == 1 with input as q.set("/environment", "elsewhere")
}
