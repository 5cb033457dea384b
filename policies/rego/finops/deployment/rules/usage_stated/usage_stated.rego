# METADATA
# title: Use from a usage file
# description: >
#   What a usage file states nobody has measured, so not too much of an estimate may rest on it, and what does is told.
# custom:
#   rule_id: deployment.usage_stated
#   severity: medium
#   remedy: Leave the use to history and assumed ranges, take the usage file from where the change cannot choose it, or ask for a waiver.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.usage_stated

import data.finops.lib.finding
import data.finops.lib.levels
import data.finops.lib.lines
import data.finops.lib.values

terms := data.finops.config.deployment.usage_file

# METADATA
# title: Rests on a usage file
# description: Denies unless only so much of the monthly cost rests on use from a usage file as configured.
deny contains found(rego.metadata.chain()) if {
	count(stated) > 0
	not little
	not levels.lenient(terms)
}

# METADATA
# title: Rests on a usage file, reported
# description: Says how much of the monthly cost rests on use from a usage file, unless the environment ignores it.
warn contains found(rego.metadata.chain()) if {
	count(stated) > 0
	not ignored
	not denied
}

# METADATA
# title: No share configured
# description: Denies unless the configuration says how much of an estimate may rest on a usage file.
deny contains finding.new(rego.metadata.chain(), {
	"subject": "config",
	"message": "The configuration does not say how much of an estimate may rest on a usage file.",
	"remedy": "Restore finops/config/deployment/data.yaml.",
	"waivable": false,
}) if {
	not configured
}

stated contains line if {
	some line in lines.paid
	some part in line.parts
	part.basis == "file"
}

# With the rest of the line: a stated zero costs nothing, and may be what hides the most.
resting := sum([values.amount(line.monthly_after) | some line in stated])

whole := sum([values.amount(line.monthly_after) | some line in lines.paid])

zeros := {finding.address(line) |
	some line in stated
	some part in line.parts
	part.basis == "file"
	values.amount(part.quantity) == 0
}

little if {
	count(zeros) == 0
	resting * 100 <= whole * terms.max_share_pct
}

configured if is_number(terms.max_share_pct)

ignored if {
	levels.lenient(terms)
	not levels.reports(terms)
}

denied if {
	not little
	not levels.lenient(terms)
}

found(chain) := finding.new(chain, {
	"subject": "estimate",
	"amount": finding.fact(["estimate", "high"]),
	"currency": finding.fact(["estimate", "currency"]),
	"message": sprintf("%v of %v %v a month are of resources whose use is from a usage file (%v; %v with a use of 0): %s.", [
		resting, whole, finding.fact(["estimate", "currency"]), count(stated), count(zeros), finding.named(stated),
	]),
})
