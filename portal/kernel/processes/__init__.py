"""What the processes of a portal know of one another.

::

    presence (who runs on this machine)
    news (what has changed in the database they share)
"""
