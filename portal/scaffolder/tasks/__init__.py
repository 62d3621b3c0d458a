"""Tasks: runs of templates that are stored, executed by workers and followed by clients.

::

    model -> running (on the worker's side) -> serving (on the clients')
"""
