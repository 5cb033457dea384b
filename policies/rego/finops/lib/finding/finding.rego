# METADATA
# title: Findings
# description: How a rule says what is wrong. The rule's METADATA supplies what all its findings share.
package finops.lib.finding

# METADATA
# title: New finding
# description: >
#   A denial or warning from the METADATA chain of the rule and what is particular to the case.
#   Defined whatever is missing, since a finding that is undefined is a rule that does not fire.
new(chain, facts) := object.union(
	{
		"rule_id": object.get(custom(chain), "rule_id", "unnamed"),
		"severity": object.get(custom(chain), "severity", "high"),
		"title": object.get(about(chain), "title", "Untitled rule"),
		"remedy": object.get(custom(chain), "remedy", "Ask the owners of the policies."),
		"effective_on": object.get(custom(chain), "effective_on", null),
		"waivable": object.get(custom(chain), "waivable", false),
		"subject": "unknown",
		"message": "The rule does not hold.",
		"amount": null,
		"currency": null,
	},
	facts,
)

# METADATA
# title: About the rule
# description: The METADATA of the rule's package.
default about(_) := {}

about(chain) := [link.annotations | some link in chain; link.annotations.scope == "package"][0]

# METADATA
# title: Custom fields
# description: The custom part of the METADATA of the rule's package.
custom(chain) := object.get(about(chain), "custom", {})

# METADATA
# title: Fact
# description: What the input says at a path, or a visible placeholder, for use in messages.
fact(path) := object.get(input, path, "(missing)")

# METADATA
# title: Address
# description: The address of a resource or line, or a visible placeholder, for use as a subject.
default address(_) := "(missing)"

address(thing) := thing.address if is_string(thing.address)

# METADATA
# title: Named
# description: The first few of some resources or lines, and how many more there are, for one finding about all of them.
named(things) := concat(" ", [concat(", ", array.slice(names, 0, shown)), sprintf("and %v more", [count(names) - shown])]) if {
	names := sort([address(thing) | some thing in things])
	count(names) > shown
} else := concat(", ", sort([address(thing) | some thing in things]))

shown := 5
