package finops.dbt.rules.build_succeeded_test

import data.finops.dbt.question_test as q
import data.finops.dbt.rules.build_succeeded

test_fresh_build_of_all_models_passes if count(build_succeeded.deny) == 0 with input as q.question

test_failed_node_is_denied_with_what_it_ended_with if {
	denials := build_succeeded.deny with input as q.added("/run/failed/-", {"unique_id": "test.costs.x", "status": "fail"})
	[[d.subject, d.message] | some d in denials] == [["test.costs.x", "The node ended with: fail."]]
}

test_public_model_that_was_not_built_is_denied if {
	every status in ["not run", "skipped", "error", null] {
		denials := build_succeeded.deny with input as q.set("/models/0/status", status)
		{d.subject | some d in denials} == {"model.costs.fct_costs"}
	}
}

test_build_of_another_day_or_of_the_future_is_denied if {
	every moment in ["2026-10-27T11:59:59Z", "2026-10-28T12:00:01Z", null, "today"] {
		count(build_succeeded.deny) == 1 with input as q.set("/run/generated_at", moment)
	}
}

test_missing_threshold_denies if {
	count(build_succeeded.deny) == 1 with input as q.question with data.finops.config.dbt as {}
}

test_build_that_is_not_known_is_denied if {
	every path in ["/run", "/run/failed", "/run/generated_at", "/models", "/models/0/status"] {
		count(build_succeeded.deny) > 0 with input as q.without(path)
	}
	count(build_succeeded.deny) == 1 with input as q.set("/run/failed", null)
}

test_test_that_warned_is_reported if {
	warnings := build_succeeded.warn with input as q.set("/models/1/tests/0/status", "warn")
	{w.subject | some w in warnings} == {"test.costs.unique_owner"}
	count(build_succeeded.deny) == 0 with input as q.set("/models/1/tests/0/status", "warn")
}
