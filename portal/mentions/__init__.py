"""Mentions: the concepts that a text names, found in any of its formats and linked.

::

    html_text -> markdown_text -> formats (which parts of a text are prose)
    vocabulary (the labels of all concepts), particles -> matching
    matching, formats -> finding, linking -> service
    service, positions -> schemas -> api
"""
