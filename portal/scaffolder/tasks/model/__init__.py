"""A task, its events and the state of its run, as values and as rows of the database.

::

    tables, task -> store
    tables -> run_state
    task -> spec
    secret_box
"""
