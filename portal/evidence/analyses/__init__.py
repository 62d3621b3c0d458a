"""Reports of analyses that a repository holds: SARIF, and OpenSSF Scorecard's JSON.

::

    result (what an analysis says of one place) -> sarif, scorecard -> table (which file is which)

A report is a claim of somebody who may write to the repository, as code is. What cannot be
read is a ``ValueError``, which the scan reports as a gap.
"""
