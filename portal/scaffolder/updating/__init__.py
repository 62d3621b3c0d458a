"""Bringing projects to the newest version of the template that made them.

::

    rules -> merging, answers -> service
    plan -> proposing -> service
    project -> requests (what became of one)
    note, project, rendering -> service -> api
    schemas -> api
"""
