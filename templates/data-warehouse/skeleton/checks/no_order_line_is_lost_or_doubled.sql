-- A join with a dimension that changes can do both.
select
    raw_lines.order_id,
    raw_lines.line
from {{ source('raw', 'order_lines') }} as raw_lines
left join {{ ref('fct_order_lines') }} as fact
    on raw_lines.order_id = fact.order_id and raw_lines.line = fact.line
group by raw_lines.order_id, raw_lines.line
having count(fact.order_id) != 1
