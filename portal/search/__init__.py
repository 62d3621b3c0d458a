"""Finding entities by what people type, in Korean and English.

::

    documents -> analysis -> whoosh_engine -> collators -> builder -> schemas -> api
"""
