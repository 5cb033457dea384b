package finops.remediation.rules.saving_sound_test

import data.finops.remediation.question_test as q
import data.finops.remediation.rules.saving_sound

test_sound_saving_passes if count(saving_sound.deny) == 0 with input as q.question

test_small_saving_is_denied if {
	count(saving_sound.deny) == 1 with input as q.changed([
		{"op": "replace", "path": "/saving/monthly", "value": "0.99"},
		{"op": "replace", "path": "/saving/low", "value": "0.50"},
	])
}

test_currency_that_is_not_configured_is_denied if {
	count(saving_sound.deny) == 1 with input as q.set("/saving/currency", "XTS")
}

test_saving_outside_its_interval_is_denied if {
	count(saving_sound.deny) == 1 with input as q.set("/saving/low", "41.00")
	count(saving_sound.deny) == 1 with input as q.set("/saving/high", "39.00")
	count(saving_sound.deny) == 1 with input as q.without("/saving/high")
}
