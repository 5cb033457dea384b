# METADATA
# title: Gate
# description: >
#   How a gate makes one decision from the findings of its rules. A finding denies unless it is
#   positively shown to be waived or not yet in force.
package finops.lib.gate

import data.finops.lib.values

# METADATA
# title: Decide
# description: The decision of a gate from its rules' denials and warnings, by rule name.
decide(gate, denied, warned) := {
	"allow": count(standing) == 0,
	"denials": {with_lapsed_waiver(f) | some f in standing},
	"warnings": union({warnings(found), union({w | some w in warned})}),
	"waived": {waiver_applied(f) | some f in excused},
	"evaluated": [name | some name, _ in denied],
} if {
	found := union({d | some d in denied}) | structural(gate, denied)
	excused := {f | some f in (found - warnings(found)); count(valid_waivers(f)) > 0}
	standing := (found - warnings(found)) - excused
}

# METADATA
# title: Not yet in force
# description: Findings of rules whose effective_on lies after the time of the question.
warnings(found) := {f | some f in found; values.instant(f.effective_on) > values.now}

# METADATA
# title: Waivers
# description: Those of the bundle and those that came with the question.
waivers contains w if some w in data.finops.waivers.entries

waivers contains w if some w in input.waivers

# METADATA
# title: Valid waivers
# description: >
#   The waivers that excuse a finding: named owner and reason, not expired, same currency, and
#   the amount at stake known and within the maximum.
valid_waivers(found) := [w |
	some w in waivers
	concerns(w, found)
	found.waivable == true
	values.filled(w.waiver_id)
	values.filled(w.owner)
	values.filled(w.reason)
	values.instant(w.expires_at) > values.now
	w.currency == found.currency
	values.amount(found.amount) <= values.amount(w.max_amount)
]

# METADATA
# title: Concerns
# description: True if the waiver names the rule and the subject of the finding.
concerns(waiver, found) if {
	waiver.rule_id == found.rule_id
	waiver.subject == found.subject
}

# METADATA
# title: Waiver applied
# description: The finding, with the waiver that excuses it.
waiver_applied(found) := object.union(found, {"waiver": valid_waivers(found)[0]})

# METADATA
# title: Lapsed waiver
# description: The denial, with a note if a waiver names it but does not excuse it.
with_lapsed_waiver(found) := found if count(naming(found)) == 0

with_lapsed_waiver(found) := object.union(found, {"note": sprintf(
	"Waiver %s does not cover this: it is expired, incomplete, in another currency or too small.",
	[concat(", ", naming(found))],
)}) if {
	count(naming(found)) > 0
}

# METADATA
# title: Naming
# description: Identifiers of the waivers that name the finding, valid or not.
naming(found) := {sprintf("%v", [object.get(w, "waiver_id", "(no id)")]) | some w in waivers; concerns(w, found)}
