package finops.lib.changes_test

import data.finops.lib.changes

test_what_is_deleted_forgotten_or_untouched_leaves if {
	every action in ["delete", "forget", "no-op", "read"] {
		changes.leaves({"actions": [action]})
	}
}

test_what_is_made_changed_replaced_or_not_known_stays if {
	every actions in [["create"], ["update"], ["delete", "create"], ["create", "delete"], [], null, "delete"] {
		not changes.leaves({"actions": actions})
	}
	not changes.leaves({})
}
