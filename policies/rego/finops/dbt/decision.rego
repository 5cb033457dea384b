# METADATA
# title: dbt gate
# description: Collects what the rules of this gate find; a rule added to its folder joins by itself.
package finops.dbt

import data.finops.lib.gate

# METADATA
# title: Decision
# description: The one answer of this gate, denying by default.
# entrypoint: true
default decision := {"allow": false, "denials": [], "warnings": [], "waived": [], "evaluated": []}

decision := gate.decide("dbt", denied, warned)

# METADATA
# title: Denials by rule
# description: A rule that finds nothing is here with an empty set, one that did not load is not.
denied[name] := data.finops.dbt.rules[name].deny

# METADATA
# title: Warnings by rule
# description: What rules report without denying.
warned[name] := data.finops.dbt.rules[name].warn
