-- Revenue by the segment that customers were in when they ordered, beside what a join with the
-- customers of today would say.
select
    version.segment as segment_then,
    latest.segment as segment_now,
    sum(line.revenue) as revenue
from {{ ref('fct_order_lines') }} as line
inner join {{ ref('dim_customer') }} as version on line.customer_key = version.customer_key
inner join {{ ref('dim_customer') }} as latest
    on version.customer_id = latest.customer_id and latest.is_current = 1
group by version.segment, latest.segment
