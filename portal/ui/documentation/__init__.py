"""Pages of documentation: what there is, the reader, and search within it.

::

    addresses (links inside of a documentation) -> pages
    addresses -> lookup (search within it) -> pages
    addresses -> panel (documentation on the pages of entities)
"""
