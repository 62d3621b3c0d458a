"""From a request for entities to JSON: the only reader of entities for clients.

::

    sight (what a caller sees), cursors -> queries
    projection, queries -> entities_catalog (for clients)
    queries -> entity_reader (for the features of this portal)
    entities_catalog -> user_directory (users and groups that count, for signing in)
    sight -> source_status (for the worker)
    queries -> change_feed (for the index)
    failure_log (what fails now)
    source_status -> refresh_queue (what the worker reads soon)
    source_status -> explanation (why an entity is as it is)
"""
