"""A page of Markdown to HTML that is safe to show; pure, without any access to a repository.

::

    attributes -> highlighting
    attributes, blocks (admonitions, tabs, abbreviations), links -> markdown
    headings, highlighting -> markdown
    references -> sanitizing
    front_matter, snippets, headings, links, markdown, sanitizing -> page
"""
