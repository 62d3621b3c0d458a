"""Signals: what open pages are told as it happens; the sockets are those of ``portal.server``.

::

    api
"""
