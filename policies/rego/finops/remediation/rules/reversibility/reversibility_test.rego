package finops.remediation.rules.reversibility_test

import data.finops.remediation.question_test as q
import data.finops.remediation.rules.reversibility

approval := {
	"required": true, "given": true, "approver": "ann", "requester": "bob",
	"given_at": "2026-10-28T00:00:00Z", "expires_at": "2026-10-29T00:00:00Z", "plan_hash": "hash-1",
}

approved := json.patch(q.question, [{"op": "replace", "path": "/approval", "value": approval}])

test_reversible_act_of_little_risk_passes_alone if {
	count(reversibility.deny) == 0 with input as q.question
	count(reversibility.warn) == 0 with input as q.question
}

needy := [
	["/plan/risk", "high"], ["/plan/reversibility/kind", "irreversible"],
	["/resource/environment", "production"], ["/resource/environment", null], ["/approval/required", true],
]

test_what_is_risky_or_final_or_productive_needs_an_approval if {
	every case in needy {
		count(reversibility.deny) == 1 with input as q.set(case[0], case[1])
	}
}

test_approved_act_passes if {
	every case in needy {
		count(reversibility.deny) == 0 with input as json.patch(
			approved,
			[{"op": "replace", "path": case[0], "value": case[1]}],
		)
	}
}

test_planning_and_dry_runs_only_warn if {
	every change in [["/stage", "plan"], ["/mode", "dry_run"]] {
		question := q.changed([
			{"op": "replace", "path": "/plan/risk", "value": "high"},
			{"op": "replace", "path": change[0], "value": change[1]},
		])
		count(reversibility.deny) == 0 with input as question
		count(reversibility.warn) == 1 with input as question
	}
}

test_stage_that_is_not_known_counts_as_acting if {
	count(reversibility.deny) == 1 with input as q.changed([
		{"op": "replace", "path": "/plan/risk", "value": "high"},
		{"op": "replace", "path": "/stage", "value": "rehearsal"},
	])
}

broken := [
	["approver", "Bob "], ["approver", null], ["requester", null], ["plan_hash", "hash-2"],
	["expires_at", "2026-10-28T12:00:00Z"], ["expires_at", null], ["given", "yes"],
	["given_at", "2026-10-28T12:00:01Z"], ["given_at", null], ["expires_at", "2026-11-04T12:00:01Z"],
]

test_approval_of_this_moment_for_the_longest_time_passes if {
	count(reversibility.deny) == 0 with input as json.patch(approved, [
		{"op": "replace", "path": "/approval/given_at", "value": approved.now},
		{"op": "replace", "path": "/approval/expires_at", "value": "2026-11-04T12:00:00Z"},
	])
}

test_approval_is_denied_where_nothing_says_how_long_it_may_last if {
	every hours in [null, "168"] {
		count(reversibility.deny) > 0 with input as approved with data.finops.config.remediation.approval_max_hours as hours
	}
}

test_approval_that_does_not_hold_is_denied_at_any_stage if {
	every case in broken {
		every stage in ["plan", "execute"] {
			count(reversibility.deny) > 0 with input as json.patch(approved, [
				{"op": "replace", "path": sprintf("/approval/%s", [case[0]]), "value": case[1]},
				{"op": "replace", "path": "/stage", "value": stage},
			])
		}
	}
}

test_act_without_a_way_back_is_denied if {
	count(reversibility.deny) == 1 with input as q.set("/plan/reversibility/undo_action", null)
	count(reversibility.deny) == 1 with input as json.patch(approved, [
		{"op": "replace", "path": "/plan/reversibility/kind", "value": "irreversible"},
		{"op": "replace", "path": "/plan/reversibility/note", "value": ""},
	])
}
