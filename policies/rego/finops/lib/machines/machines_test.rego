package finops.lib.machines_test

import data.finops.lib.machines

group := {"type": "aws_eks_node_group", "actions": ["create"], "attributes": {"instance_types": "m5.large,m5.xlarge"}}

test_changed_machines_are_those_that_stay if {
	resources := [
		group, object.union(group, {"actions": ["delete"]}), object.union(group, {"actions": null}),
		{"type": "aws_s3_bucket", "actions": ["create"]},
	]
	machines.changed == {resources[0], resources[2]} with input as {"plan": {"resources": resources}}
}

test_machines_that_the_estimate_names_are_seen_in_any_type if {
	resources := [{"type": "a_new_type", "actions": ["create"], "attributes": {"machine_types": "p5.48xlarge"}}, {"type": "aws_s3_bucket", "actions": ["create"], "attributes": {}}]
	machines.changed == {resources[0]} with input as {"plan": {"resources": resources}}
	machines.kinds(resources[0]) == ["p5.48xlarge"]
}

test_what_the_estimate_names_goes_before_the_own_attribute if {
	machines.kinds({"type": "aws_instance", "attributes": {"machine_types": "p5.48xlarge", "instance_type": "m5.large"}}) == ["p5.48xlarge"]
	not machines.kinds({"type": "aws_instance", "attributes": {"machine_types": null, "instance_type": "m5.large"}})
}

test_several_types_are_told_apart if machines.kinds(group) == ["m5.large", "m5.xlarge"]

test_type_that_the_provider_may_choose_may_be_unset if {
	machines.kinds({"type": "aws_eks_node_group", "attributes": {}}) == []
}

test_type_that_is_not_told_is_not_defined if {
	every resource in [
		{"type": "aws_eks_node_group"}, {"type": "aws_eks_node_group", "attributes": {"instance_types": null}},
		{"type": "aws_instance", "attributes": {}}, {"type": "aws_instance", "attributes": {"instance_type": " "}},
		{"type": "aws_s3_bucket", "attributes": {}},
	] {
		not machines.kinds(resource)
	}
}

test_patterns_describe_names if {
	machines.matching(["p5.48xlarge", "m5.large"], ["^p[0-9]", "^g[0-9]"]) == {"p5.48xlarge"}
}
