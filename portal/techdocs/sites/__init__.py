"""A site: all documentation of an entity at one commit, as a value.

::

    site (the value) -> linking
    site -> configuration (mkdocs.yml), titles -> navigation -> building
    generated (documentation made of a concept)
"""
