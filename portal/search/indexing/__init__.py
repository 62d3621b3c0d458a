"""From entities and documentation pages to documents in the index.

::

    evidence, owners -> collators -> builder -> in_transaction
    owners, sections -> documentation
    documentation, page_states (what is stored of pages) -> page_index
    page_states -> pending_pages (whether pages are in the index yet)
"""
