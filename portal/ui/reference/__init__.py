"""The documentation of the API as a page.

::

    document (OpenAPI to data) -> pages
"""
