package finops.lib.gate

import data.finops.lib.finding
import data.finops.lib.values

# METADATA
# title: Structural findings
# description: What keeps a gate closed whatever its rules say.
structural(gate, denied) := (missing_rules(gate, denied) | no_required_rules(gate)) | (wrong_schema(gate) | no_time)

# METADATA
# title: Missing rules
# description: Required rules that were not evaluated.
missing_rules(gate, denied) := {blocked("gate.required_rule", name, sprintf("Rule %v was not evaluated.", [name])) |
	some name in data.finops.config[gate].required_rules
	not was_evaluated(denied, name)
}

# METADATA
# title: Was evaluated
# description: True if the rule answered with a set of findings, if only an empty one.
was_evaluated(denied, name) if is_set(denied[name])

# METADATA
# title: No required rules
# description: A gate whose list of required rules is missing or empty decides nothing.
default no_required_rules(_) := set()

no_required_rules(gate) := {blocked("gate.required_rule", gate, "The gate has no required rules.")} if {
	not has_required_rules(gate)
}

# METADATA
# title: Has required rules
# description: True if the gate's configuration requires at least one rule.
has_required_rules(gate) if count(data.finops.config[gate].required_rules) > 0

# METADATA
# title: Wrong schema
# description: The question must name the schema that this gate reads.
default wrong_schema(_) := set()

wrong_schema(gate) := {blocked("gate.schema", finding.fact(["schema"]), "The question is of another schema.")} if {
	not right_schema(gate)
}

# METADATA
# title: Right schema
# description: True if the question is written for this gate.
right_schema(gate) if input.schema == sprintf("%s/v1", [gate])

# METADATA
# title: No time
# description: Without the time of the question neither evidence nor waivers nor approvals can be judged.
default no_time := set()

no_time := {blocked("gate.time", "now", "The question does not say when it is asked.")} if not values.now

# METADATA
# title: Blocked
# description: A finding of the gate itself, which nothing waives.
blocked(rule_id, subject, message) := finding.new([], {
	"rule_id": rule_id,
	"severity": "critical",
	"title": "The gate is closed",
	"subject": sprintf("%v", [subject]),
	"message": message,
	"remedy": "Use the bundle and the question builder of one and the same Tollgate version.",
})
