"""What all pages share: the reader's language, texts of the content, static files, rendering.

::

    prose (content to runs), reader (language, links), assets (static files) -> page
    menu -> page
    reader -> panels (sections that other rooms add to a page)
    paging, names (of people and teams), highlight (code), rights (what a reader may do)
"""
