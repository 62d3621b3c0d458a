-- One row for each version of a customer (slowly changing dimension, type 2). The first version
-- also stands for the time before the warehouse first saw the customer.
with versions as (
    select
        *,
        row_number() over (partition by customer_id order by dbt_valid_from) as version
    from {{ ref('customers_history') }}
)

select
    dbt_scd_id as customer_key,
    customer_id,
    country,
    segment,
    channel,
    signed_up_on,
    case
        when version = 1 then cast('1900-01-01' as timestamp) else dbt_valid_from
    end as valid_from,
    dbt_valid_to as valid_to,
    case when dbt_valid_to = cast('9999-12-31' as timestamp) then 1 else 0 end as is_current
from versions
