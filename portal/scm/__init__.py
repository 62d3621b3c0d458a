"""Git, and nothing but git: the only address of the git program and GitPython.

::

    urls -> command , globs -> mirror (fetch, snapshot, history)
                             -> commit (a file tree becomes a commit)
"""
