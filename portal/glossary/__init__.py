"""The glossary: concepts as people read them, in their language.

::

    integrity (rules over all concepts) , concepts (localized views) -> service
    -> schemas -> api
"""
