"""Bringing projects to the newest version of the template that made them.

::

    rules -> merging, answers -> service
    plan -> proposing -> service
    note, project, rendering -> service -> api
    schemas -> api
"""
