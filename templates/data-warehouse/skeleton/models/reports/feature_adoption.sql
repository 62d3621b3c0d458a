-- One row for each feature and new customer. Who uses a feature on the day of signing up is in the
-- group of its users; what happens after that day is the outcome. Grouping by use at any time
-- (used_ever) would be wrong: only those who come back can use it later.
{% set first, days = var('retention_days'), 7 %}
{% set observed = [first + days, var('conversion_days')] | max %}

with cohort as (
    select customer_id
    from {{ ref('dim_customer') }}
    where
        is_current = 1
        and signed_up_on >= cast('{{ var("feature_released_on") }}' as date)
        -- Who has signed up too lately to be judged is left out.
        and {{ dbt.dateadd('day', observed - 1, 'signed_up_on') }}
        <= (select max(happened_on) from {{ ref('fct_events') }})
),

outcomes as (
    select
        customer_id,
        max(case
            when days_since_signup >= {{ first }} and days_since_signup < {{ first + days }} then 1
            else 0
        end) as retained,
        max(case
            when
                event = 'purchase'
                and days_since_signup >= 1 and days_since_signup < {{ var('conversion_days') }} then 1
            else 0
        end) as converted
    from {{ ref('fct_events') }}
    group by customer_id
),

uses as (
    select
        customer_id,
        event as feature,
        min(days_since_signup) as first_day
    from {{ ref('fct_events') }}
    where event like 'use %'
    group by customer_id, event
),

features as (select distinct feature from uses)

select
    features.feature,
    cohort.customer_id,
    case when uses.first_day = 0 then 1 else 0 end as used_first_day,
    case when uses.first_day is null then 0 else 1 end as used_ever,
    coalesce(outcomes.retained, 0) as retained,
    coalesce(outcomes.converted, 0) as converted
from cohort
cross join features
left join uses on cohort.customer_id = uses.customer_id and features.feature = uses.feature
left join outcomes on cohort.customer_id = outcomes.customer_id
