"""The composition root by area: what each area is made of, built on those it needs.

::

    foundation -> sources -> catalog -> glossary, people, search
    people -> scaffolder -> updates
    glossary -> links
    search -> sync

Each area is a class that extends the areas it takes services from; ``portal.roles.services``
joins them to the one object a process uses. A service is an attribute that is created on first
use. Only here a later stage is passed to an earlier one, as a callable; no module finds its
collaborators by itself.
"""
