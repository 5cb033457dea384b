package finops.deployment.question_test

# A question that is allowed; the tests of the rules take parts of it away, or change them.
question := {
	"schema": "deployment/v1",
	"now": "2026-10-28T12:00:00Z",
	"environment": "production",
	"git": {
		"repository": "acme/shop",
		"base_ref": "main",
		"head_sha": "4f0d2c9",
		"actor": "maria",
	},
	"plan": {
		"format_version": "1.2",
		"terraform_version": "1.11.4",
		"complete": true,
		"errored": false,
		"resources": [
			{
				"address": "aws_instance.web",
				"type": "aws_instance",
				"provider": "registry.terraform.io/hashicorp/aws",
				"region": "us-east-1",
				"actions": [
					"create",
				],
				"taggable": true,
				"tags_known": true,
				"tags": {
					"team": "shop",
					"product": "checkout",
					"environment": "production",
					"cost_center": "CC-100",
				},
				"attributes": {"instance_type": "t3.small"},
			},
			{
				"address": "aws_volume_attachment.web",
				"type": "aws_volume_attachment",
				"provider": "registry.terraform.io/hashicorp/aws",
				"region": "us-east-1",
				"actions": [
					"create",
				],
				"taggable": false,
				"tags_known": true,
				"tags": null,
			},
		],
	},
	"estimate": {
		"currency": "USD",
		"monthly_before": "0.00",
		"monthly_after": "15.82",
		"monthly_delta": "15.82",
		"low": "15.82",
		"high": "17.58",
		"coverage_pct": 100,
		"lines": [
			{
				"address": "aws_instance.web",
				"type": "aws_instance",
				"status": "priced",
				"monthly_before": "0.00",
				"monthly_after": "15.82",
				"low": "15.82",
				"high": "17.58",
				"covered_before": "0.00",
				"covered_after": "0.00",
				"price_source": {
					"kind": "sample",
					"date": "2026-09-01",
					"dispersion": "0",
					"list_ratio": null,
				},
				"note": "",
			},
			{
				"address": "aws_volume_attachment.web",
				"type": "aws_volume_attachment",
				"status": "priced",
				"monthly_before": "0.00",
				"monthly_after": "0.00",
				"low": "0.00",
				"high": "0.00",
				"covered_before": "0.00",
				"covered_after": "0.00",
				"price_source": {
					"kind": "free",
					"date": "2026-09-01",
				},
				"note": "",
			},
		],
	},
	"budget": {
		"scope": "default",
		"currency": "USD",
		"source": "measured",
		"monthly_limit": "50000.00",
		"spent": "31200.00",
		"forecast": "42000.00",
		"remaining": "8000.00",
	},
	"waivers": [],
}

changed(patches) := json.patch(question, patches)

without(path) := json.patch(question, [{"op": "remove", "path": path}])

set(path, value) := json.patch(question, [{"op": "replace", "path": path, "value": value}])

test_is_allowed if data.finops.deployment.decision.allow with input as question
