"""Search in Korean and English: entities and pages are indexed, queries answered.

::

    analysis (words), documents (what is found) -> ranking (which, in what order)
    ranking -> engines (Whoosh, SQLite or PostgreSQL)
    documents, engines -> indexing (what is put in) -> concept_pages (pages that are made) -> service
    ranking, indexing, service, schemas -> api
"""
