# METADATA
# title: Use of waivers
# description: How much of a waiver's maximum other changes rest on already, as far as that is known.
package finops.lib.waiver_use

import data.finops.lib.levels
import data.finops.lib.values

terms := data.finops.config.waivers.use_not_known

# METADATA
# title: Used
# description: What other changes use of a waiver; undefined if that is no amount.
used(w) := sum([values.amount(use.amount) | some use in uses(w)]) if {
	every use in uses(w) {
		values.amount(use.amount) >= 0
	}
}

uses(w) := [use |
	some use in input.facts.waivers.used
	use.waiver_id == w.waiver_id
]

# METADATA
# title: Known
# description: Whether anybody has counted what other changes use.
known if input.facts.waivers.source in {"store", "card"}

# METADATA
# title: From the card
# description: Whether the count is the rate card's, which is as old as its export.
is_card if input.facts.waivers.source == "card"

# METADATA
# title: Recent
# description: A count of a known time, not older than the configuration lets it be.
is_recent if values.hours_since(input.facts.waivers.as_of) <= data.finops.config.waivers.count_max_age_hours

# METADATA
# title: Outdated
# description: What is said of a count that is not recent, and what to do.
outdated := concat(" ", [
	"the rate card's count of what other changes use of it is older than finops/config/waivers lets it be, or of no known time:",
	"export the card again with `tollgate rates export`, or name the shared store in TOLLGATE_OPS_URL",
])

# METADATA
# title: Passes
# description: Use that is not known is let be where the environment says so; other gates have none.
passes if known

passes if levels.lenient(terms)

passes if input.schema != "deployment/v1"

# METADATA
# title: Said
# description: What a report says of a waiver's use beside the finding that it excuses.
said(w) := sprintf("Other changes use %v of its %v %v already.", [used(w), w.max_amount, w.currency]) if {
	known
	used(w) > 0
}

said(_) := "How much of its maximum other changes use already is not known." if {
	not known
	levels.reports(terms)
}
