"""The catalog in the memory of one process: which entities have which rows, as sets of bits.

What is asked first is read first: a search key becomes a column when a filter, an order or a
facet names it. Runs change the catalog by generations, and the model follows them by what they
changed (``entities.generation``); it never answers for another generation than the one that the
caller's transaction sees (docs/decisions/0031-read-model.md).

::

    holders (ids of entities), uid_order -> column (one search key)
    column, uid_order -> rows (read from the tables) -> state (of one generation)
    entity_texts -> state
    state -> view (what a caller sees of it) -> model (follows the generations)
    state -> transactions (reads of one generation)
"""
