# METADATA
# title: Lines
# description: What the lines of an estimate say of themselves.
package finops.lib.lines

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Priced
# description: True if the line says that it has a price.
priced(line) if line.status == "priced"

# METADATA
# title: Wholly priced
# description: True if nothing of a priced line is left out of its price; older questions do not say.
whole(line) if {
	priced(line)
	object.get(line, "not_counted", []) == []
}

# METADATA
# title: Free
# description: Only what is free by its type and in its amount, with nothing left out.
free(line) if {
	whole(line)
	costs_nothing(line)
}

# METADATA
# title: Costs nothing
# description: True if what a line's price counts is nothing; a cost under the name of free is a cost.
costs_nothing(line) if {
	line.price_source.kind == "free"
	values.amount(line.monthly_before) == 0
	values.amount(line.monthly_after) == 0
}

# METADATA
# title: Paid lines
# description: Lines with a price that has a source and an age, made once since a plan may have thousands.
paid contains line if {
	some line in input.estimate.lines
	priced(line)
	not costs_nothing(line)
}

# METADATA
# title: Stake of a line
# description: Subject, amount and currency of a finding about the line, for waivers with a maximum.
stake(line) := {
	"subject": finding.address(line),
	"currency": finding.fact(["estimate", "currency"]),
	"amount": object.get(line, "monthly_after", null),
}

# METADATA
# title: Gross
# description: What the lines add a month and what they take away, before either is set off; a change of little may be much of both.
gross := {
	"added": sum([difference | some difference in differences; difference > 0]),
	"removed": 0 - sum([difference | some difference in differences; difference < 0]),
}

differences := [difference |
	some line in input.estimate.lines
	priced(line)
	difference := values.amount(line.monthly_after) - values.amount(line.monthly_before)
]
