"""What the portal tells of its work: log lines, the request they belong to, numbers, spans.

::

    trace (which request something is done for), spans (OpenTelemetry's) -> logs
    spans -> statements (spans of what a database does)
    instruments (counters and histograms)
"""
