"""Text analysis, the same for documents and queries: words, names, variants, parsed query.

::

    words -> highlights, word_variants -> parsed_query
    words -> name_index, tool_names, unfinished
    mecab, word_variants -> analyzers
"""
