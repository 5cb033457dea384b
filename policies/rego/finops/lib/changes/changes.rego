# METADATA
# title: Changes
# description: What a change does with a resource of the plan.
package finops.lib.changes

# METADATA
# title: Leaves
# description: True if the resource is gone afterwards, or was not touched; unknown actions are neither.
leaves(resource) if resource.actions in [["delete"], ["forget"], ["no-op"], ["read"]]
