"""The audit log: who did what, and who was refused, append-only.

::

    events (one entry, and the names of what is recorded)
    events, tables -> store (rows of the table) -> log (written in the background) -> api
    store, schemas -> api
"""
