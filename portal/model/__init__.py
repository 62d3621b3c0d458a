"""The catalogue's grammar: what an entity is. Pure, no I/O.

::

    refs -> entity -> schema -> kinds
    entity -> formats
"""
