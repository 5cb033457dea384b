-- Charges of clusters that no other bill charges (seed kubernetes_bills_of_record).
select {{ (focus_columns() + focus_custom_columns()) | join(', ') }}
from {{ ref('int_kubernetes__charges') }}
where is_bill_of_record
