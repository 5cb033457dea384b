package finops.lib.gate_test

blue := object.union(denial, {"subject": "blue: x", "amount": "6.00"})

green := object.union(denial, {"subject": "green: x", "amount": "4.00"})

anywhere := object.union(waiver, {"repository": "*"})

test_waiver_excuses_in_all_plans_of_a_change_what_fits_together if {
	decision := decided({blue, green}, [anywhere])
	decision.allow
	count(decision.waived) == 2
}

test_waiver_that_does_not_suffice_for_all_plans_excuses_none if {
	decision := decided({blue, object.union(green, {"amount": "4.01"})}, [anywhere])
	count(decision.waived) == 0
	{d.note | some d in decision.denials} == {
		"Does not cover this: waiver W-1, since its maximum is smaller than all amounts of this change that it names.",
	}
}

test_what_a_rule_finds_twice_of_one_subject_counts_once if {
	decided({object.union(denial, {"message": "likely"}), object.union(denial, {"message": "high"})}, [waiver]).allow
}

test_each_waiver_suffices_for_its_own_and_savings_make_no_room if {
	other := object.union(anywhere, {"waiver_id": "W-2", "subject": "y"})
	decided({denial, object.union(denial, {"subject": "y"})}, [anywhere, other]).allow
	saved := object.union(green, {"amount": "-4.00"})
	not decided({object.union(blue, {"amount": "10.01"}), saved}, [anywhere]).allow
	not decided({blue, object.union(denial, {"subject": "red: x", "amount": "8.00"}), saved}, [anywhere]).allow
}
