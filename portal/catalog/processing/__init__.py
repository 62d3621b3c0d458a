"""Brings the catalog to the commits of its sources: the only writer of entities.

::

    store -> changes, known_files, problems, history, stitcher
    known_files, problems, source_states, store -> edits (of a few files)
    changes, known_files, problems, source_states, run_report, edits -> run
    history, stitcher -> run, removal
    run -> engine
"""
