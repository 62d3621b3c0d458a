"""Pages of updates: what one would do to a project, and campaigns over all of a template's.

::

    panels (on the pages of templates and projects) -> pages
"""
