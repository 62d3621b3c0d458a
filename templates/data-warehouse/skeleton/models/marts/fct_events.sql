-- One row for each thing a customer did, and how many days after signing up it was done.
select
    event.event_id,
    event.customer_id,
    event.event,
    event.happened_at,
    event.happened_on,
    {{ dbt.datediff('customer.signed_up_on', 'event.happened_on', 'day') }} as days_since_signup
from {{ ref('stg_events') }} as event
inner join {{ ref('dim_customer') }} as customer
    on event.customer_id = customer.customer_id and customer.is_current = 1
