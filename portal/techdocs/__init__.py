"""Documentation as code: pages of Markdown beside the code, at the commit of the catalog.

::

    rendering (a page) -> sites (all pages of an entity)
    annotations, sites -> origins (the repositories)
    rendering, sites -> page_store
    origins, page_store -> service
    rendering, page_store, sites -> material (the mark-up of Backstage's reader)
    service, material, content_types -> published -> external
    external, schemas -> api
    service -> checking (findings)
    service, sites -> translations (of what search finds)
"""
