"""The texts of the pages, in Korean and English: one module for each room of pages.

::

    frame, finding, browsing, coverage, creating -> table
    documentation, watching, reference, names -> table
    account, administering -> table
    messages
"""
