package finops.deployment.rules.budget_headroom_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.budget_headroom

terms := {
	"max_share_pct": {"production": 20, "staging": 50, "sandbox": 100},
	"band": {"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"]},
}

denials(patches) := found if {
	found := {f.message | some f in budget_headroom.deny} with input as q.changed(patches)
		with data.finops.config.deployment.budget_headroom as terms
}

warnings(patches) := found if {
	found := {f.message | some f in budget_headroom.warn} with input as q.changed(patches)
		with data.finops.config.deployment.budget_headroom as terms
}

limit(amount) := [{"op": "replace", "path": "/budget/monthly_limit", "value": amount}]

band(amount) := [{"op": "add", "path": "/budget/forecast_high", "value": amount}]

elsewhere(name) := [{"op": "replace", "path": "/environment", "value": name}]

saving := [{"op": "replace", "path": sprintf("/estimate/%s", [field]), "value": "-5.00"} | some field in ["monthly_delta", "high"]]

test_small_change_passes if count(denials([])) == 0

test_change_within_its_share_passes_and_above_it_is_denied if {
	count(denials(limit("79.10"))) == 0
	denials(limit("79.09")) == {"The change adds 15.82 USD a month; of budget default (79.09), environment production allows one change 20 %."}
	count(denials(array.concat(limit("79.09"), elsewhere("staging")))) == 0
}

test_saving_passes_in_any_budget if {
	count(denials(array.concat(limit("0.00"), saving))) == 0
	count(denials(array.concat(band("90000.00"), saving))) == 0
}

test_share_that_cannot_be_told_denies if {
	count(denials(elsewhere("elsewhere"))) == 1
	every path in ["/budget/monthly_limit", "/budget/currency", "/estimate/monthly_delta"] {
		count(denials([{"op": "remove", "path": path}])) == 1
	}
}

test_band_that_leaves_no_room_is_denied_reported_or_ignored_as_configured if {
	full := band("49990.00")
	count(denials(band("49982.42"))) == 0
	denials(full) == {"The change adds up to 17.58 USD a month; if the month costs 49990.00, as the forecast's band allows, budget default (50000.00) has no room for it."}
	count(denials(array.concat(full, elsewhere("staging")))) == 0
	count(warnings(array.concat(full, elsewhere("staging")))) == 1
	count(denials(array.concat(full, elsewhere("sandbox")))) == 0
	count(warnings(array.concat(full, elsewhere("sandbox")))) == 0
}

test_garbled_band_denies if {
	count(denials(band(null))) == 1
	count(denials(band("wide"))) == 1
}

test_missing_configuration_denies if {
	found := {f.subject | some f in budget_headroom.deny} with input as q.question with data.finops.config.deployment.budget_headroom as {}
	found == {"config", "default"}
}

test_name_that_is_in_no_bill_is_a_warning if {
	warnings := budget_headroom.warn with input as q.changed([{"op": "add", "path": "/budget/unbilled_covers", "value": "owner wbe"}])
	[w.message | some w in warnings] == ["The budget names what is in no bill of its currency: owner wbe. What that costs is not in it."]
	count(budget_headroom.warn) == 0 with input as q.question
}
