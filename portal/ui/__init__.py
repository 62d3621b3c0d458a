"""The web pages: HTML rendered by the server, complete without scripts.

A room of pages gives a function that adds its routes (``frame.page.AddPages``), templates in
``templates/<room>/``, texts in ``texts/<room>.py`` and, if it needs them, files in ``styles/``
and ``scripts/``; ``portal.app`` hands it to the blueprint. Sections on the pages of concepts and
entities are panels (``frame.panels``).

::

    texts -> frame -> reference -> browsing -> finding
    frame -> coverage, creating, documentation, account, watching, updating
    browsing -> blueprint
"""
