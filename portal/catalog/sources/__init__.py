"""Sources of descriptors: repositories that are configured, registered or discovered.

::

    mirrors (copies on disk) -> remote_access (what reading needs) -> location_store -> opening -> location_reader
    location_store, opening -> registry (every source there is)
    discovery
    pins (who may read which)
"""
