"""Finding entities by what people type, in Korean and English.

::

    documents -> analysis -> highlights, name_index -> question
              -> whoosh_mapping -> whoosh_files, whoosh_reader -> whoosh_ranking
              -> whoosh_engine -> collators -> builder -> schemas -> api
"""
