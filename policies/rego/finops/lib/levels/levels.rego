# METADATA
# title: Levels
# description: >
#   Whether an environment denies what a rule finds, reports it, or ignores it, by the lists
#   `denied_in`, `reported_in` and `ignored_in` of its terms. One that is in none of them denies.
package finops.lib.levels

# METADATA
# title: Lenient
# description: True if the environment positively does not deny.
lenient(terms) if input.environment in terms.reported_in

lenient(terms) if input.environment in terms.ignored_in

# METADATA
# title: Reports
# description: True if the environment reports without denying.
reports(terms) if input.environment in terms.reported_in
