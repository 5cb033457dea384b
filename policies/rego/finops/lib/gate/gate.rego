# METADATA
# title: Gate
# description: >
#   How a gate makes one decision from the findings of its rules. A finding denies unless it is
#   positively shown to be waived or not yet in force.
package finops.lib.gate

import data.finops.lib.values
import data.finops.lib.waiver_use
import data.finops.lib.waivers

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
	applied := {[f, waivers.valid(f)[0]] | some f in (found - warnings(found))}
	excused := {f | some [f, w] in applied; within(w, applied)}
	standing := (found - warnings(found)) - excused
}

# METADATA
# title: Not yet in force
# description: Findings of rules whose effective_on lies after the time of the question.
warnings(found) := {f | some f in found; values.instant(f.effective_on) > values.now}

# METADATA
# title: Within
# description: >
#   Whether a waiver suffices for all that it excuses in one decision. What a rule finds twice about one subject is
#   the same money, and a saving makes no room for another.
within(w, applied) if {
	its := [f | some [f, v] in applied; v == w]
	subjects := {f.subject | some f in its}
	amounts := [max({0} | {values.amount(f.amount) | some f in its; f.subject == subject}) | some subject in subjects]
	sum(amounts) + waiver_use.used(w) <= values.amount(w.max_amount)
}

# METADATA
# title: Waiver applied
# description: The finding, with the waiver that excuses it and what is said of its use.
waiver_applied(found) := object.union(found, object.union({"waiver": w}, noted(w))) if w := waivers.valid(found)[0]

default noted(_) := {}

noted(w) := {"note": waiver_use.said(w)}

# METADATA
# title: Lapsed waiver
# description: The denial, with a note if a waiver names it but does not excuse it.
with_lapsed_waiver(found) := found if count(waivers.naming(found)) == 0

with_lapsed_waiver(found) := object.union(found, {"note": sprintf(
	"Does not cover this: %s.",
	[concat("; ", sort([lapse | some w in waivers.naming(found); lapse := lapsed(w, found)]))],
)}) if {
	count(waivers.naming(found)) > 0
}

lapsed(w, found) := sprintf("waiver %v, since %s", [
	object.get(w, "waiver_id", "(no id)"), concat(" and ", sort(waivers.faults(w, found))),
]) if {
	count(waivers.faults(w, found)) > 0
}

lapsed(w, found) := sprintf("waiver %v, since %s", [w.waiver_id, unfit(found)]) if count(waivers.faults(w, found)) == 0

unfit(found) := "the finding cannot be waived" if not found.waivable

unfit(found) := "its maximum is smaller than all amounts of this change that it names" if found.waivable
