"""Backups: everything that is not read from repositories again, in one file.

::

    rows (from one database to another), archive (the file) -> service
"""
