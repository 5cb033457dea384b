# METADATA
# title: Regions allowed
# description: Resources are made and changed only in known regions that their environment allows.
# custom:
#   rule_id: deployment.regions_allowed
#   severity: high
#   remedy: Deploy to an allowed region, or have the region added to finops/config/deployment.
#   effective_on: "2026-01-01T00:00:00Z"
#   waivable: true
package finops.deployment.rules.regions_allowed

import data.finops.lib.changes
import data.finops.lib.finding
import data.finops.lib.lines
import data.finops.lib.stake

allowed := data.finops.config.deployment.regions.allowed[input.environment]

# METADATA
# title: Region not allowed
# description: Denies a resource unless its region is one that the environment allows.
deny contains finding.new(rego.metadata.chain(), object.union(stake.of(resource), {"message": sprintf(
	"Environment %v does not allow region %v.",
	[finding.fact(["environment"]), object.get(resource, "region", "(missing)")],
)})) if {
	some resource in input.plan.resources
	not changes.leaves(resource)
	not placeless(resource)
	not unknown(resource)
	not in_allowed(resource)
}

# METADATA
# title: Region not known
# description: Denies a resource whose region the plan does not tell.
deny contains finding.new(rego.metadata.chain(), object.union(stake.of(resource), {
	"message": "The region is not known: neither the resource nor its provider names one.",
	"remedy": "Set the region or location of the resource, or of its provider, to a value that is known when planning; or state it with --region PROVIDER=REGION.",
})) if {
	some resource in input.plan.resources
	not changes.leaves(resource)
	not placeless(resource)
	unknown(resource)
	not free(resource)
}

# METADATA
# title: Region stated by the caller
# description: Reports regions that no plan tells, and that are taken from what the gate was called with.
warn contains finding.new(rego.metadata.chain(), {
	"subject": sprintf("%v=%v", [stated.provider, stated.region]),
	"message": sprintf("The plan tells no region of %v resources of %v; the caller states %v.", [
		stated.resources, stated.provider, stated.region,
	]),
	"remedy": "Make sure that the plan was made with this region.",
}) if {
	some stated in input.plan.stated_regions
}

placeless(resource) if {
	some pattern in data.finops.config.deployment.regions.placeless_types
	regex.match(pattern, resource.type)
}

# A role or a policy is in no region, and costs nothing in any.
free(resource) if resource.address in free_addresses

free_addresses := {line.address | some line in input.estimate.lines; lines.free(line)}

unknown(resource) if resource.region == "unknown"

in_allowed(resource) if resource.region in allowed
