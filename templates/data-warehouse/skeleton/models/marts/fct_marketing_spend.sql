-- One row for each month and channel.
select
    month,
    channel,
    amount
from {{ source('raw', 'marketing_spend') }}
