package finops.deployment.rules.prices_fresh_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.prices_fresh

terms := {
	"max_age_days": {"own": 60, "list": 200, "sample": 400}, "only_reported": ["sample"],
	"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"],
}

own(environment, date, patches) := q.changed(array.concat(
	[
		{"op": "replace", "path": "/environment", "value": environment},
		{"op": "replace", "path": "/estimate/lines/0/price_source/kind", "value": "own"},
		{"op": "replace", "path": "/estimate/lines/0/price_source/date", "value": date},
	],
	patches,
))

denials(question) := found if {
	found := {f.subject | some f in prices_fresh.deny} with input as question
		with data.finops.config.deployment.freshness as terms
}

warnings(question) := found if {
	found := {f.message | some f in prices_fresh.warn} with input as question
		with data.finops.config.deployment.freshness as terms
}

test_prices_of_these_days_pass if {
	count(denials(q.question)) == 0
	count(warnings(q.question)) == 0
	count(denials(own("production", "2026-09-01", []))) == 0
}

test_old_price_is_denied_reported_or_ignored_as_configured if {
	denials(own("production", "2026-08-01", [])) == {"aws_instance.web"}
	count(warnings(own("production", "2026-08-01", []))) == 0
	count(denials(own("staging", "2026-08-01", []))) == 0
	warnings(own("staging", "2026-08-01", [])) == {"1 with prices older than they may be: aws_instance.web."}
	count(denials(own("sandbox", "2026-08-01", []))) == 0
	count(warnings(own("sandbox", "2026-08-01", []))) == 0
}

test_old_sample_is_only_reported if {
	old := q.set("/estimate/lines/0/price_source/date", "2020-01-01")
	count(denials(old)) == 0
	count(warnings(old)) == 1
}

test_age_that_is_not_known_is_denied_everywhere if {
	denials(own("sandbox", "soon", [])) == {"aws_instance.web"}
	denials(own("production", "soon", [])) == {"aws_instance.web"}
	denials(own("production", "2027-01-01", [])) == {"aws_instance.web"}
	denials(q.set("/estimate/lines/0/price_source/kind", "hearsay")) == {"aws_instance.web"}
	denials(q.without("/estimate/lines/0/price_source")) == {"aws_instance.web"}
}

test_missing_configuration_denies if {
	found := {f.subject | some f in prices_fresh.deny} with input as q.question with data.finops.config.deployment.freshness as {}
	found == {"config", "aws_instance.web"}
}
