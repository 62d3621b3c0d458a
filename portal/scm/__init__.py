"""Git, and nothing but git: the only address of the git program and GitPython.

::

    urls -> command -> commit (a file tree becomes a commit) -> push
    urls, command -> remote_refs
    globs -> file_names -> snapshot (the files of a commit)
    push -> merging (three trees become one)
    commit, objects, snapshot, remote_refs (found by name) -> mirror (fetch, history)
    commit, snapshot -> http_tree, worktree
"""

import os

# Without git, GitPython would refuse to be imported; commands say in a sentence what is missing.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
