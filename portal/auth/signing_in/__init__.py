"""Signing in and out, from the first click to the session.

::

    service (begin, come back, sign out)
    window_messages (what a popup tells the window that opened it)
    service, window_messages -> api
"""
