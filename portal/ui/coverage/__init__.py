"""Pages of coverage: which services implement which concepts, and how one knows.

::

    marks (statuses as signs, and findings) -> panels (on the pages of concepts and services)
    marks -> matrix (concept x service), trend (over time), gaps -> pages
    matrix -> panels -> pages
"""
