"""The file tree a template makes, as a value: rendered, matched and checked.

::

    file_text, patterns, tree -> skeleton
    tree -> archive
    yaml_text
"""
