"""What every feature stands on, and nothing that knows a feature.

::

    errors -> files -> database, presence
    errors -> http
    errors -> causes -> database, telemetry (logs, numbers, spans)
    presence -> telemetry -> cache, http
    json_text -> yaml12
    clock, conditions, jobs, migrations, news (between processes)
"""
