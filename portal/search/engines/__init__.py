"""The search engines: indexes made of Whoosh or SQLite.

::

    whoosh_mapping, index_folder -> whoosh_files
    whoosh_mapping -> whoosh_reader
    whoosh_files, whoosh_reader -> whoosh_engine
    sqlite_index, index_folder -> sqlite_engine
    whoosh_engine, sqlite_engine -> table
"""
