package finops.remediation.question_test

# A question that is allowed; the tests of the rules take parts of it away, or change them.
question := {
	"schema": "remediation/v1",
	"now": "2026-10-28T12:00:00Z",
	"mode": "apply",
	"stage": "execute",
	"plan": {
		"plan_id": "plan-1",
		"plan_hash": "hash-1",
		"action_id": "aws.ebs_volume.snapshot_and_delete",
		"risk": "medium",
		"reversibility": {
			"kind": "snapshot",
			"undo_action": "Create the volume again from its snapshot.",
			"note": "The snapshot is kept.",
		},
		"parameters": {
			"volume_id": "vol-1",
		},
	},
	"resource": {
		"provider": "aws",
		"account_id": "111111111111",
		"region": "us-east-1",
		"resource_id": "vol-1",
		"resource_type": "ebs_volume",
		"tags": {
			"team": "shop",
		},
		"environment": "development",
		"owner": "shop",
		"managed_by": null,
		"exists": true,
		"changed_since_plan": false,
	},
	"saving": {
		"currency": "USD",
		"monthly": "40.00",
		"low": "38.00",
		"high": "42.00",
	},
	"evidence": {
		"kind": "unattached_volume",
		"as_of": "2026-10-28T00:00:00Z",
		"observed_days": 30,
		"facts": {
			"attachments": 0,
		},
	},
	"data": {
		"control_totals_ok": true,
		"data_as_of": "2026-10-27T00:00:00Z",
	},
	"run": {
		"actions_in_run": 0,
		"dollars_in_run": "0.00",
		"actions_owner_today": 0,
		"dollars_owner_today": "0.00",
		"affected_monthly_cost": "40.00",
	},
	"approval": {
		"required": false,
		"given": false,
		"approver": null,
		"requester": null,
		"given_at": null,
		"expires_at": null,
		"plan_hash": null,
	},
	"waivers": [],
}

changed(patches) := json.patch(question, patches)

without(path) := json.patch(question, [{"op": "remove", "path": path}])

set(path, value) := json.patch(question, [{"op": "replace", "path": path, "value": value}])

test_is_allowed if data.finops.remediation.decision.allow with input as question
