"""Pages that find and explain: the start page, search, concepts.

::

    results -> search
    start
    terms -> concept
"""
