package finops.deployment.rules.costly_classes_test

import data.finops.deployment
import data.finops.deployment.question_test as q
import data.finops.deployment.rules.costly_classes

type := "/plan/resources/0/attributes/instance_type"

test_ordinary_machine_passes if count(costly_classes.deny) == 0 with input as q.question

test_classes_of_all_clouds_need_an_approval if {
	every kind in ["p5.48xlarge", "g5.xlarge", "trn1.32xlarge", "x2idn.16xlarge", "Standard_NC6s_v3", "Standard_M128s", "a2-highgpu-1g", "m2-ultramem-208", "db.x2iedn.16xlarge", "ml.p4d.24xlarge"] {
		denials := costly_classes.deny with input as q.set(type, kind)
		{d.message | some d in denials} == {sprintf("Machine type %s is of a class that needs a named approval.", [kind])}
	}
	every kind in ["m5.large", "c7g.large", "Standard_D2s_v5", "n2-standard-4", "g-custom", "db.r6g.large", "db-f1-micro"] {
		count(costly_classes.deny) == 0 with input as q.set(type, kind)
	}
}

test_attached_accelerator_needs_one_too if {
	every attribute in ["accelerators", "guest_accelerator.type"] {
		every accelerator in ["nvidia-tesla-t4", null] {
			count(costly_classes.deny) == 1 with input as q.changed([{
				"op": "add",
				"path": sprintf("/plan/resources/0/attributes/%s", [attribute]), "value": accelerator,
			}])
		}
	}
}

test_waiver_is_the_approval if {
	waiver := {
		"waiver_id": "W-7", "rule_id": "deployment.costly_classes", "subject": "aws_instance.web", "owner": "ann",
		"reason": "training until Friday", "expires_at": "2026-11-01T00:00:00Z", "max_amount": "20.00", "currency": "USD",
	}
	asked := q.changed([
		{"op": "replace", "path": type, "value": "g5.xlarge"},
		{"op": "replace", "path": "/waivers", "value": [waiver]},
	])
	decision := deployment.decision with input as asked
	decision.allow
	{w.waiver.owner | some w in decision.waived} == {"ann"}
}

test_missing_configuration_denies if {
	count(costly_classes.deny) == 1 with input as q.question with data.finops.config.deployment.machines as {}
}
