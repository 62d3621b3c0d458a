"""Ranking: a query and an open index to results, independent of the engine.

::

    facets -> entry, term_index -> filter_marks
    term_index -> text_scores, query_rewriting
    groups, text_scores -> partial_match
    entry, groups, term_index -> mentions
    mentions, query_rewriting, partial_match -> ranking
    groups -> explanations
    ranking, explanations -> answers
"""
