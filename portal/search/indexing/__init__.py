"""From entities and documentation pages to documents in the index.

::

    evidence, owners -> collators -> builder
    owners, sections -> documentation -> page_index
    pending_pages (whether pages are in the index yet)
"""
