"""Pages of the catalog.

::

    listing -> pages
    related (to what, and a drawing), changes (the history), definitions (of APIs) -> pages
"""
