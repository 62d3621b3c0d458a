"""What the demonstration says."""

TITLES = {"sales": "Daily sales report", "logs": "Log data analysis"}

DEMO = {
    "airflow": "Preparing Airflow; the first time takes some seconds.",
    "shop": "The shop's database has {orders} orders. Days begin and end by the clock of {zone}.",
    "night": "The nightly run of {hour}:00: {state}. It loaded {good} orders of {day}.",
    "category": "  {category:<8} {orders:>3} orders  revenue {revenue:>11,}",
    "rejected": "  quarantined {number}: {reason}",
    "again": "The same night ran again. Rows in the warehouse: {before} before, {after} after.",
    "late": (
        "An order of {day} ({amount:,}) came in after the load. The next night read {back} earlier"
        " day(s) again: revenue {before:,} became {after:,}."
    ),
    "broken": (
        "The {products} products got lost. More than {percent} % of the rows were bad, so the run"
        " ended as {state} and the warehouse stayed as it was."
    ),
    "lake": "{files} log files: {visits:,} requests stored, {rejected} lines kept aside.",
    "bytes": "Size of one hour: JSON {raw:,} kB, Parquet {parquet:,} kB.",
    "question": "Which paths were asked for at {hour:%Y-%m-%d %H}:00 UTC?",
    "path": "  {path:<10} {requests:>4} requests  mean dwell time {dwell} s",
}

REASONS = {
    "double_submit": "submitted twice",
    "unknown_user": "unknown user",
    "unknown_product": "unknown product",
    "bad_quantity": "bad quantity",
    "bad_price": "bad price",
}

FAILURES = {
    "night": "the nightly run did not succeed",
    "hour": "the hourly run did not succeed",
    "revenue": "the report's revenue is not the sum of the orders",
    "quarantine": "what was kept aside is not what was planted",
    "doubled": "running again changed the contents",
    "late": "the late order was not found",
    "broken": "the broken source was not stopped",
    "partition": "asking for one hour read other files as well",
}

RESULTS = {
    "sales": (
        "{count} orders of {day} loaded, 0 rows more after a second run, every bad order"
        " quarantined, revenue {revenue:,} with the late order"
    ),
    "logs": (
        "{visits:,} requests stored, {rejected} lines kept aside,"
        " a query of one hour read {scanned} of {there} files"
    ),
}
