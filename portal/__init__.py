"""An engineering glossary served as a Backstage-compatible developer portal.

Data flows down one road, and imports point back up it::

    kernel -> model, scm, web -> catalog -> search, glossary -> wiring -> ui -> app -> cli

See ``docs/contributors/architecture.md`` for the road drawn out, stage by stage.
"""

__version__ = "0.1.0"
