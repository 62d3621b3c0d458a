"""Merging without a working tree: three trees of a bare repository become one.

::

    listing
    three_way
"""
