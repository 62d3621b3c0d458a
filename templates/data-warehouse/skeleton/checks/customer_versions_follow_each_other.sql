-- Each version ends where the next one begins; the last one does not end.
with following as (
    select
        customer_id,
        valid_to,
        lead(valid_from) over (partition by customer_id order by valid_from) as next_from
    from {{ ref('dim_customer') }}
)

select *
from following
where valid_to != coalesce(next_from, cast('9999-12-31' as timestamp))
