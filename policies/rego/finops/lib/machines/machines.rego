# METADATA
# title: Machines
# description: Which resources of a plan run on machines, and on which kinds of them.
package finops.lib.machines

import data.finops.lib.changes
import data.finops.lib.values

attributes := data.finops.config.deployment.machines.attributes

# METADATA
# title: Changed machines
# description: Resources on machines that the change leaves behind; of unknown actions counts too.
changed contains resource if {
	some resource in input.plan.resources
	has_machines(resource)
	not changes.leaves(resource)
}

# The estimate names the machines of a resource wherever they stand; the configured types must have some.
has_machines(resource) if resource.type in object.keys(attributes)

has_machines(resource) if "machine_types" in object.keys(resource.attributes)

# METADATA
# title: Kinds
# description: The machine types of a resource, undefined where the plan does not tell them.
kinds(resource) := split(value, ",") if {
	value := resource.attributes[attribute(resource)]
	values.filled(value)
}

# METADATA
# title: Left to the provider
# description: No machine type, where the provider may choose one.
kinds(resource) := [] if {
	attributes[resource.type].optional == true
	is_object(resource.attributes)
	not told(resource)
}

told(resource) if attribute(resource) in object.keys(resource.attributes)

attribute(resource) := "machine_types" if {
	"machine_types" in object.keys(resource.attributes)
} else := attributes[resource.type].name

# METADATA
# title: Matching
# description: Those of some machine types that one of the patterns describes.
matching(names, patterns) := {name |
	some name in names
	some pattern in patterns
	regex.match(pattern, name)
}
