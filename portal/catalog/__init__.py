"""The software catalog: from a commit to entities, and from entities to answers.

Two roads meet in the store. Down from git::

    parser -> bundling, placeholders -> processor -> orchestrator -> registered
           -> locations -> store -> stitcher, history -> engine, removal

(``providers`` finds the repositories of an organisation, ``requests`` is how a
refresh is asked for, ``checker`` walks the same road without a store), and up to
the clients::

    filters, cursors, projection -> queries -> service -> schemas -> api
    location_reader -> validation -> registrations -> location_api
    explanation -> explanation_api
"""
