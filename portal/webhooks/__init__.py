"""What forges tell of pushes.

::

    signatures (who says so) -> pushes (of what) -> tables -> service (of which
    source: a request the worker takes) -> schemas -> api
"""
