"""What users set for themselves in a frontend: starred entities, theme, language.

::

    store (a table) -> api
"""
