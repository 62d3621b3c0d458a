"""What the portal tells of its work: log lines, the request they belong to, numbers, spans.

::

    trace (which request something is done for), spans (OpenTelemetry's) -> logs
    instruments (counters and histograms)
"""
