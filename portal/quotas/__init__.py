"""Quotas: how many requests of each kind an identity, and all together, may send in a minute.

::

    tables -> window_store (where the package limits counts)
    limiter, clients (whom a request is counted for) -> gate
"""
