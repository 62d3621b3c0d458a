"""Notifications: what programs tell users, and what these have read or saved of it.

::

    message, preferences, tables -> store
    message, recipients, store -> service -> api
    message -> schemas -> api
    store -> signals
"""
