package finops.lib.values_test

import data.finops.lib.values

test_amounts_are_read if {
	values.amount("12.50") == 12.5
	values.amount("-0.01") == -0.01
}

test_what_is_no_amount_is_undefined if {
	every text in ["", "1e3", "NaN", "1,00", "0x10", " 1", "1.", null, true, 1, []] {
		not values.amount(text)
	}
}

test_instants_are_read if values.instant("1970-01-01T00:00:01.5Z") == 1500000000

test_what_is_no_instant_is_undefined if {
	every text in ["", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", null, 0] {
		not values.instant(text)
	}
}

test_days_that_no_month_has_and_years_out_of_reach_are_undefined if {
	every day in ["2026-02-29", "2028-02-30", "2026-04-31", "2100-02-29", "9999-12-31", "1969-12-31", "2200-01-01", "0001-01-01"] {
		not values.instant(sprintf("%sT00:00:00Z", [day]))
	}
	every day in ["2028-02-29", "2000-02-29", "1996-02-29", "2026-02-28", "2026-01-31", "2026-04-30", "2199-12-31", "1970-01-01"] {
		values.instant(sprintf("%sT00:00:00Z", [day])) >= 0
	}
}

test_leap_days_are_those_of_the_calendar if {
	every year in numbers.range(1970, 2199) {
		leaps(year) == read(year)
	}
}

default leaps(_) := false

leaps(year) if {
	year % 4 == 0
	year != 2100
}

default read(_) := false

read(year) if values.instant(sprintf("%d-02-29T00:00:00Z", [year])) >= 0

test_age_is_undefined_for_the_future if {
	values.hours_since("2026-01-01T00:00:00Z") == 24 with input as {"now": "2026-01-02T00:00:00Z"}
	aged with input as {"now": "2026-01-02T00:00:00Z"}
	not aged with input as {"now": "2025-12-31T00:00:00Z"}
}

test_hours_until_are_undefined_for_the_past if {
	values.hours_until("2026-01-02T00:00:00Z") == 24 with input as {"now": "2026-01-01T00:00:00Z"}
	coming with input as {"now": "2026-01-01T23:00:00Z"}
	not coming with input as {"now": "2026-01-02T00:00:00Z"}
}

coming if values.hours_until("2026-01-02T00:00:00Z")

aged if values.hours_since("2026-01-01T00:00:00Z")

test_blank_text_is_not_filled if {
	values.filled("x")
	not values.filled(" ")
	not values.filled(null)
}

test_counts_are_whole_and_not_negative if {
	values.is_count(0)
	every number in [-1, 1.5, "1", null] {
		not values.is_count(number)
	}
}
