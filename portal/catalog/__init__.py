"""The software catalog: from a commit to entities, and from entities to responses.

::

    search_rows -> ingestion (a snapshot becomes entities)
    tables -> refresh_requests, failures (what does not work now)
    transactions (one writer at a time) -> processing, registering
    tables -> removals (what retention has removed) -> processing
    row_conditions (on search rows) -> filters (as clients put them)
    row_conditions, tables -> row_sql -> sources, reading
    row_conditions, search_rows -> entity_conditions (of the permission policy) -> read_model
    outcomes (how runs end), failures -> sources, processing, reading
    filters, ingestion -> sources (which repositories) -> processing (the only writer)
    processing -> read_model (rows in memory)
    read_model, refresh_requests -> reading (the only reader) -> registering -> api
"""
