-- Of the customers that each channel brought in the reviewed quarters: what they left after the
-- goods and the marketing were paid.
with period as (
    select
        min(quarter_start) as first_day,
        max(next_quarter_start) as end_day
    from {{ ref('quarterly_revenue') }}
),

acquired as (
    select
        customer.customer_id,
        customer.channel
    from {{ ref('dim_customer') }} as customer
    cross join period
    where
        customer.is_current = 1
        and customer.signed_up_on >= period.first_day
        and customer.signed_up_on < period.end_day
),

sales as (
    select
        version.customer_id,
        sum(line.revenue) as revenue,
        sum(line.margin) as margin
    from {{ ref('fct_order_lines') }} as line
    inner join {{ ref('dim_customer') }} as version on line.customer_key = version.customer_key
    cross join period
    where line.ordered_on >= period.first_day and line.ordered_on < period.end_day
    group by version.customer_id
),

spend as (
    select
        fct_marketing_spend.channel,
        sum(fct_marketing_spend.amount) as spend
    from {{ ref('fct_marketing_spend') }} as fct_marketing_spend
    cross join period
    where
        fct_marketing_spend.month >= period.first_day
        and fct_marketing_spend.month < period.end_day
    group by fct_marketing_spend.channel
),

channels as (
    select
        acquired.channel,
        count(*) as customers,
        coalesce(sum(sales.revenue), 0) as revenue,
        coalesce(sum(sales.margin), 0) as margin
    from acquired
    left join sales on acquired.customer_id = sales.customer_id
    group by acquired.channel
)

select
    channels.*,
    coalesce(spend.spend, 0) as spend,
    channels.margin - coalesce(spend.spend, 0) as profit,
    (channels.margin - coalesce(spend.spend, 0)) * 1.0 / channels.customers as profit_per_customer
from channels
left join spend on channels.channel = spend.channel
