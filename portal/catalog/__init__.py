"""The software catalog: from a commit to entities, and from entities to answers.

Two roads meet in the store. Down from git::

    parser -> placeholders -> processor -> orchestrator -> tables -> store
           -> stitcher -> history -> engine

and up to the clients::

    filters -> cursors -> queries -> service -> schemas -> api
"""
