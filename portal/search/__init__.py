"""Finding entities by what people type, in Korean and English.

::

    documents -> analysis -> highlights, name_index, kinship -> question
              -> entry, term_index, filter_marks
              -> whoosh_mapping -> whoosh_files, whoosh_reader | sqlite_index
              -> ranking -> explanations -> answers
              -> whoosh_engine | sqlite_engine -> engines
              -> collators -> builder -> schemas -> api
"""
