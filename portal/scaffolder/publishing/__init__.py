"""Publishes a file tree as a commit of a remote repository.

::

    authorship, provenance, tokens (whose token it is) -> publish
    publish -> hosted (a repository of a forge)
    inputs
"""
