-- The last twelve full fiscal quarters, also those without a sale: number 1 is the latest.
with known as (
    select
        {{ dbt.date_trunc('month', 'min(ordered_on)') }} as first_day,
        {{ dbt.dateadd('day', 1, 'max(ordered_on)') }} as end_day
    from {{ ref('fct_order_lines') }}
),

quarters as (
    select distinct
        calendar.fiscal_year,
        calendar.fiscal_quarter,
        calendar.quarter_start,
        calendar.next_quarter_start
    from {{ ref('dim_date') }} as calendar
    cross join known
    where
        calendar.quarter_start >= known.first_day
        and calendar.next_quarter_start <= known.end_day
),

numbered as (
    select
        *,
        row_number() over (order by quarter_start desc) as number
    from quarters
)

select
    numbered.fiscal_year,
    numbered.fiscal_quarter,
    numbered.quarter_start,
    numbered.next_quarter_start,
    numbered.number,
    coalesce(sum(line.revenue), 0) as revenue,
    coalesce(sum(line.margin), 0) as margin
from numbered
left join {{ ref('fct_order_lines') }} as line
    on
        line.ordered_on >= numbered.quarter_start
        and line.ordered_on < numbered.next_quarter_start
where numbered.number <= 12
group by
    numbered.fiscal_year,
    numbered.fiscal_quarter,
    numbered.quarter_start,
    numbered.next_quarter_start,
    numbered.number
