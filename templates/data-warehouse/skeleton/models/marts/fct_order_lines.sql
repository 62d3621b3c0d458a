-- One row for each line of an order, with the version of the customer at the time of the order.
select
    line.order_id,
    line.line,
    line.ordered_on,
    customer.customer_key,
    line.product_id,
    line.session_id,
    line.ordered_at,
    line.quantity,
    line.revenue,
    line.quantity * product.unit_cost as cost,
    line.revenue - line.quantity * product.unit_cost as margin
from {{ ref('stg_order_lines') }} as line
inner join {{ ref('dim_customer') }} as customer
    on
        line.customer_id = customer.customer_id
        and line.ordered_at >= customer.valid_from
        and line.ordered_at < customer.valid_to
inner join {{ ref('dim_product') }} as product
    on line.product_id = product.product_id
