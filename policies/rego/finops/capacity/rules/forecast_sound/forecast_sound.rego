# METADATA
# title: Sound forecast
# description: >
#   The plan stands on a fresh forecast of a cautious enough quantile, most of which can be used.
# custom:
#   rule_id: capacity.forecast_sound
#   severity: high
#   remedy: Forecast again from complete demand data, and plan from that.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.capacity.rules.forecast_sound

import data.finops.lib.finding
import data.finops.lib.values

terms := data.finops.config.capacity.forecast

# METADATA
# title: Stale forecast
# description: Denies unless it is shown that the forecast was made recently.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf(
		"The forecast is of %v, which is older than %v hours, or is no time in the past.",
		[finding.fact(["forecast", "as_of"]), object.get(terms, "max_age_hours", "(not configured)")],
	),
}) if {
	not fresh
}

# METADATA
# title: Unusable forecast
# description: Denies unless enough periods have a usable forecast.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("%v %% of the periods have a usable forecast, which is too little.", [
		finding.fact(["forecast", "usable_pct"]),
	]),
}) if {
	not usable
}

# METADATA
# title: Quantile not allowed
# description: Denies unless the environment allows planning for this quantile.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["target", "name"]),
	"message": sprintf("Environment %v does not allow planning for %v of %v.", [
		finding.fact(["environment"]), finding.fact(["forecast", "quantile"]), finding.fact(["forecast", "source"]),
	]),
}) if {
	not quantile_allowed
}

fresh if values.hours_since(input.forecast.as_of) <= terms.max_age_hours

# Counted here too, so that a wrong figure in the question does not open the gate.
usable if {
	is_number(input.forecast.usable_pct)
	input.forecast.usable_pct >= terms.min_usable_pct
	input.forecast.usable_pct <= 100
	known := [step | some step in input.plan.steps; values.amount(step.expected) >= 0]
	count(known) * 100 >= terms.min_usable_pct * count(input.plan.steps)
}

quantile_allowed if {
	values.filled(input.forecast.source)
	input.forecast.quantile in data.finops.config.capacity.environments[input.environment].quantiles
}
