"""Pages to start a project from a template: its form, trying it, the task and its progress.

::

    cards (templates to choose from) -> start_pages
    choices (of pickers) -> form_view, session -> form_pages
    progress (events to steps) -> preview -> form_pages
    progress -> task_pages
"""
