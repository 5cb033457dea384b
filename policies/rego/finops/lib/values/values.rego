# METADATA
# title: Values
# description: Reading of money and time from text; what is not exactly of that form is undefined.
package finops.lib.values

# METADATA
# title: Amount of money
# description: The number behind decimal text, undefined for anything else (null would count as 0).
amount(text) := to_number(text) if {
	is_string(text)
	regex.match(`^-?[0-9]{1,18}(\.[0-9]{1,12})?$`, text)
}

# METADATA
# title: Instant
# description: >
#   Nanoseconds of an RFC 3339 time in UTC, undefined for anything else. Days that no month has and years that
#   nanoseconds do not reach are undefined too: OPA's parser ends the whole decision over them.
instant(text) := time.parse_rfc3339_ns(text) if {
	is_string(text)
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?Z$`, text)
	is_day(substring(text, 0, 10))
}

is_day(text) if regex.match(`^(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$`, text)

is_day(text) if regex.match(`^(19[7-9][0-9]|2[01][0-9]{2})-((0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)$`, text)

# The leap years from 1970 to 2199, of which 2100 is none.
is_day(text) if {
	regex.match(`^(19[79][26]|198[048]|20[02468][048]|20[13579][26]|21[2468][048]|210[48]|21[13579][26])-02-29$`, text)
}

# METADATA
# title: The time of the question
# description: Time comes in as input, so that a decision replays from its record.
now := instant(input.now)

# METADATA
# title: Hours since
# description: Age of an instant in hours at the time of the question; undefined if it is later.
hours_since(text) := (now - instant(text)) / 3600000000000 if instant(text) <= now

# METADATA
# title: Hours until
# description: How far an instant is in the future at the time of the question; undefined if it is not.
hours_until(text) := (instant(text) - now) / 3600000000000 if instant(text) > now

# METADATA
# title: Filled text
# description: True for text with something in it.
filled(text) if {
	is_string(text)
	trim_space(text) != ""
}

# METADATA
# title: Count
# description: True for a whole number that is not negative.
is_count(number) if {
	is_number(number)
	number >= 0
	floor(number) == number
}
