"""Retention: what is stored for a limited time, and removed in small parts when that is over.

::

    rules (what is kept for how long) -> removal (a few rows at a time)
    space (what the database file takes, and giving back what is free)
    removal, space -> job (does it in the background)
    rules -> account (what ``doctor`` says)

Tasks and their files have a retention of their own, in ``portal.scaffolder.tasks``; the copies
of repositories theirs in ``portal.catalog.sources.mirrors``.
"""
