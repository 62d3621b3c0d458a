"""The pages people read: plain HTML from the server, whole without any script.

::

    texts (words of the pages) , prose (content to runs) -> reader (language, links)
    -> results (search) -> listing (catalog) , reference (OpenAPI) -> pages
"""
