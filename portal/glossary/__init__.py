"""The glossary: concepts as people read them, in their language.

::

    concepts (localized views) -> service, schemas -> api
    integrity (rules over all concepts, labels) -> service
"""
