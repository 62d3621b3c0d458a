"""A task, its events and the state of its run, as values and as rows of the database.

::

    tables, task -> store
    file_store (where files are) -> object_store
    tables, file_store -> run_state
    task -> spec
    secret_box
"""
