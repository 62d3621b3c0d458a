"""A component's files become findings; after a commit only changed files are looked at.

::

    limits (when to stop)
    component (its files at a commit, and what their paths say)
    component -> seen (what a scan knows of each file), names (rules over names of files)
    seen -> use (is a file that shows something used?)
    limits, names, use -> scan (files become findings)
"""
