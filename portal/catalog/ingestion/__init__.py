"""From a snapshot of a repository to the entities it defines; pure, without a store.

::

    bundling -> placeholders
    parser, placeholders, limits -> processor -> targets -> walk -> checker
    parser -> documentation -> walk
    ingested -> ownership -> walk
"""
