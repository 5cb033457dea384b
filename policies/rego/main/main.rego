# METADATA
# title: For conftest
# description: >
#   The decision of the gate whose question is tested, as `deny` and `warn` in the namespace where conftest looks.
#   A decision here is on no record, and the question is not checked against its schema.
package main

# METADATA
# title: Denials
# description: What the gate denies; conftest fails on each.
deny contains said(found) if some found in decision.denials

# METADATA
# title: No decision
# description: Denies unless a gate allows, so that a file that is no question, or lacks its configuration, fails too.
deny contains "No gate allows this. Test a question (`question` in the report json), with --data on the bundle's folder." if {
	not allowed
	not denied
}

# METADATA
# title: Warnings
# description: What the gate reports without denying.
warn contains said(found) if some found in decision.warnings

decision := data.finops.capacity.decision if input.schema == "capacity/v1"

decision := data.finops.dbt.decision if input.schema == "dbt/v1"

decision := data.finops.deployment.decision if input.schema == "deployment/v1"

decision := data.finops.remediation.decision if input.schema == "remediation/v1"

allowed if decision.allow == true

denied if count(decision.denials) > 0

said(found) := sprintf("%v: %v: %v → %v", [found.rule_id, found.subject, found.message, found.remedy])
