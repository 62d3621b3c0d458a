"""The scaffolder: a template entity becomes files, and files a repository.

::

    expressions (what stands between ``${{`` and ``}}``) -> forms, language
    language -> workspace (the files, as a value)
    forms, workspace -> running (its steps) -> publishing -> actions -> service
    access (which templates and actions a caller may use) -> service
    schemas, service -> api
    service -> tasks, updating
    updating -> campaigns
"""
