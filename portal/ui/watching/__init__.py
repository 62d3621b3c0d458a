"""Pages for who looks after the content: sources, and what is wrong with it.

::

    pages
"""
