-- One row for each day, and the fiscal quarter it falls in. A fiscal year is named after the
-- calendar year in which it begins.
{% set first_month = var('fiscal_year_start_month') %}

with digits as (
    {% for digit in range(10) -%}
    select {{ digit }} as digit {% if not loop.last %}union all {% endif %}
    {% endfor %}
),

numbers as (
    select a.digit + 10 * b.digit + 100 * c.digit + 1000 * d.digit as number
    from digits as a
    cross join digits as b
    cross join digits as c
    cross join digits as d
),

days as (
    select cast({{ dbt.dateadd('day', 'number', "cast('2020-01-01' as date)") }} as date) as day
    from numbers
),

months as (
    select
        day,
        cast({{ dbt.date_trunc('month', 'day') }} as date) as month_start,
        extract(year from day) * 12 + extract(month from day) - {{ first_month }} as month_number
    from days
),

quarters as (
    select
        day,
        month_start,
        cast(floor(month_number / 12) as integer) as fiscal_year,
        cast(floor(mod(month_number, 12) / 3) as integer) + 1 as fiscal_quarter,
        cast({{ dbt.dateadd('month', '-cast(mod(month_number, 3) as integer)', 'month_start') }} as date)
            as quarter_start
    from months
)

select
    day,
    month_start,
    fiscal_year,
    fiscal_quarter,
    quarter_start,
    cast({{ dbt.dateadd('month', 3, 'quarter_start') }} as date) as next_quarter_start
from quarters
