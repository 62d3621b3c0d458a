"""What the portal tells of its work: log lines, the request they belong to, and numbers.

::

    trace (which request something is done for) -> logs
    instruments (counters and histograms)
"""
