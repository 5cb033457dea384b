# METADATA
# title: Waivers
# description: >
#   Which exceptions excuse a finding. One that names it and does not excuse it says why.
package finops.lib.waivers

import data.finops.lib.values
import data.finops.lib.waiver_use

# METADATA
# title: Entries
# description: Those of the bundle and those that came with the question.
entries contains w if some w in data.finops.waivers.entries

entries contains w if some w in input.waivers

# METADATA
# title: Valid waivers
# description: The waivers that excuse a finding which can be excused.
valid(found) := [w |
	found.waivable == true
	some w in naming(found)
	count(faults(w, found)) == 0
]

# METADATA
# title: Naming
# description: The waivers that name rule and subject of a finding, valid or not.
naming(found) := {w |
	some w in entries
	w.rule_id == found.rule_id
	w.subject in names(found)
}

# METADATA
# title: Names
# description: The subject, and without the name of its plan, which leads addresses where there are several.
names(found) := {found.subject, concat(": ", array.slice(parts, 1, count(parts)))} if {
	parts := split(found.subject, ": ")
}

# METADATA
# title: Faults
# description: Why a waiver that names a finding does not excuse it.
faults(w, found) := {said |
	some fault, said in words
	not free_of(fault, w, found)
}

words := {
	"incomplete": "it lacks its id, owner or reason",
	"ended": "it has ended, or its end is no time",
	"distant": "it ends later than finops/config/waivers lets it",
	"currency": "it is in another currency",
	"amount": "its maximum, less what other changes use of it, is smaller than the amount at stake",
	"use": "nobody has counted what other changes use of it",
	"counted": waiver_use.outdated,
	"repository": "it names another repository, or none for what is not about one resource",
	"environment": "it names another environment",
	"pull_request": "it names another pull request",
}

free_of("incomplete", w, _) if {
	values.filled(w.waiver_id)
	values.filled(w.owner)
	values.filled(w.reason)
}

free_of("ended", w, _) if values.instant(w.expires_at) > values.now

free_of("distant", w, _) if values.instant(w.expires_at) - values.now <= data.finops.config.waivers.max_days * 86400000000000

# That it is no time is a fault of its own.
free_of("distant", w, _) if not is_time(w)

free_of("currency", w, found) if w.currency == found.currency

free_of("amount", w, found) if values.amount(found.amount) + waiver_use.used(w) <= values.amount(w.max_amount)

free_of("use", _, _) if waiver_use.passes

free_of("counted", _, _) if not waiver_use.is_card

free_of("counted", _, _) if waiver_use.is_recent

free_of("repository", w, _) if w.repository == "*"

free_of("repository", w, _) if w.repository == input.git.repository

free_of("repository", w, found) if {
	unnamed(w, "repository")
	particular(found)
}

free_of("environment", w, _) if unnamed(w, "environment")

free_of("environment", w, _) if w.environment == input.environment

free_of("pull_request", w, _) if unnamed(w, "pull_request")

free_of("pull_request", w, _) if w.pull_request == input.git.pull_request

is_time(w) if values.instant(w.expires_at)

unnamed(w, field) if not named(w, field)

named(w, field) if field in object.keys(w)

# A budget, an estimate and an environment have the same name in every repository.
particular(found) if found.subject in addresses

# Only deployments are asked about from many repositories.
particular(_) if input.schema != "deployment/v1"

addresses := {resource.address | some resource in input.plan.resources}
