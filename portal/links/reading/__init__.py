"""What clients read of links, within what they may see.

::

    coverage (concepts and services as a table) -> catalog_facts (what the catalog adds)
    coverage -> moments (as it was) -> service
    catalog_facts -> service
    badge
"""
