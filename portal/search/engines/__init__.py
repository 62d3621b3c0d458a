"""The search engines: indexes made of Whoosh, SQLite or PostgreSQL.

::

    whoosh_mapping, index_folder -> whoosh_files
    whoosh_mapping -> whoosh_reader
    whoosh_files, whoosh_reader -> whoosh_engine
    sql_index -> sqlite_index
    sqlite_index, index_folder -> sqlite_engine
    sql_index -> postgres_index
    postgres_state (what is told of the index), postgres_index, index_folder -> postgres_engine
    whoosh_engine, sqlite_engine, postgres_engine -> table
"""
