"""Webhooks of forges: a push requests a refresh of the sources that read the repository.

::

    signatures (authentication of events) -> pushes (their content)
    pushes -> service (refresh requests for the worker)
    tables (of deliveries)
    schemas, service -> api
"""
