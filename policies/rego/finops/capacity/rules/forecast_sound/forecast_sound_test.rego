package finops.capacity.rules.forecast_sound_test

import data.finops.capacity.question_test as q
import data.finops.capacity.rules.forecast_sound

test_fresh_forecast_passes if count(forecast_sound.deny) == 0 with input as q.question

test_stale_forecast_or_one_of_the_future_is_denied if {
	every as_of in ["2026-10-26T11:59:59Z", "2026-10-28T12:00:01Z", "today", null] {
		count(forecast_sound.deny) == 1 with input as q.set("/forecast/as_of", as_of)
	}
}

test_forecast_that_is_mostly_unusable_is_denied if {
	every share in [89, 101, "100", null] {
		count(forecast_sound.deny) == 1 with input as q.set("/forecast/usable_pct", share)
	}
}

test_wrong_share_does_not_open_the_gate if {
	count(forecast_sound.deny) == 1 with input as q.set("/plan/steps/0/expected", null)
}

test_quantile_that_the_environment_does_not_allow_is_denied if {
	count(forecast_sound.deny) == 1 with input as q.set("/forecast/quantile", "p50")
	count(forecast_sound.deny) == 0 with input as q.changed([
		{"op": "replace", "path": "/forecast/quantile", "value": "p50"},
		{"op": "replace", "path": "/environment", "value": "staging"},
	])
}

test_missing_facts_are_denied if {
	every path in ["/forecast/as_of", "/forecast/usable_pct", "/forecast/quantile", "/forecast/source", "/environment", "/plan/steps"] {
		count(forecast_sound.deny) > 0 with input as q.without(path)
	}
	count(forecast_sound.deny) > 0 with input as q.question with data.finops.config.capacity.forecast as {}
}
