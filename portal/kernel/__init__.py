"""What every feature stands on, and nothing that knows a feature.

::

    errors -> files, yaml12, config -> database -> cache, jobs
"""
