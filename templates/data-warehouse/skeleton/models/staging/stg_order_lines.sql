select
    order_id,
    line,
    customer_id,
    product_id,
    session_id,
    ordered_at,
    cast(ordered_at as date) as ordered_on,
    quantity,
    quantity * unit_price as revenue
from {{ source('raw', 'order_lines') }}
