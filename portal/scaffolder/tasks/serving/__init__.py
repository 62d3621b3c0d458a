"""Tasks over HTTP: created, listed, followed, cancelled, retried, downloaded; drafts and trials of them.

::

    access -> listing, service
    listing, idempotency -> service
    feed -> streams
    schemas, service, streams -> api
    service -> trials
    drafts
"""
