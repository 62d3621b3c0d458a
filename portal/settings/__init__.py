"""User settings of a frontend: starred entities, theme, language.

::

    store (a table) -> api
"""
