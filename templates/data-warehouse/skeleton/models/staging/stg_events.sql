-- Logs are delivered at least once: an event that came twice counts once.
with numbered as (
    select
        *,
        row_number() over (partition by event_id order by happened_at) as copy_number
    from {{ source('raw', 'events') }}
)

select
    event_id,
    customer_id,
    event,
    happened_at,
    cast(happened_at as date) as happened_on
from numbered
where copy_number = 1
