-- The latest quarter of each category, the one before it, and the same one a year ago: only the
-- last is free of the season.
with sums as (
    select
        product.category,
        quarter.number,
        sum(line.revenue) as revenue
    from {{ ref('fct_order_lines') }} as line
    inner join {{ ref('dim_product') }} as product on line.product_id = product.product_id
    inner join {{ ref('quarterly_revenue') }} as quarter
        on line.ordered_on >= quarter.quarter_start and line.ordered_on < quarter.next_quarter_start
    group by product.category, quarter.number
),

compared as (
    select
        category,
        sum(case when number = 1 then revenue else 0 end) as revenue,
        sum(case when number = 2 then revenue else 0 end) as quarter_before,
        sum(case when number = 5 then revenue else 0 end) as year_before
    from sums
    group by category
)

select
    *,
    revenue * 1.0 / nullif(quarter_before, 0) - 1 as growth_on_quarter,
    revenue * 1.0 / nullif(year_before, 0) - 1 as growth_on_year
from compared
