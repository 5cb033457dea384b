package finops.remediation.rules.act_described_test

import data.finops.remediation.question_test as q
import data.finops.remediation.rules.act_described

test_described_act_passes if count(act_described.deny) == 0 with input as q.question

test_target_must_be_named if {
	denials := act_described.deny with input as q.set("/plan/action_id", "")
	{d.message | some d in denials} == {"The question does not say its plan.action_id."}
}

test_stage_mode_risk_and_need_of_approval_must_be_said if {
	every path in ["/stage", "/mode", "/plan/risk", "/approval/required"] {
		count(act_described.deny) == 1 with input as q.without(path)
		count(act_described.deny) == 1 with input as q.set(path, "unheard of")
	}
}
