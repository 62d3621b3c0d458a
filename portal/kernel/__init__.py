"""What every feature stands on, and nothing that knows a feature.

::

    errors -> files -> database, processes
    errors -> http
    errors -> causes -> database, telemetry (logs, numbers, spans)
    blocking (what must not be done on an event loop) -> database, http
    processes -> telemetry -> cache, database, http
    json_text -> yaml12
    clock, conditions, jobs, migrations
"""
