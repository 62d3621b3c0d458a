"""Which projects a template made, and campaigns: all of them updated, a few an hour.

::

    tables -> proposals (the last update of each project) -> instances (projects and versions)
    campaign (what a campaign is) -> store -> job
    tables, campaign -> store
    instances, store -> service -> api
    campaign -> schemas -> api
    tables, instances -> following (relations, and who is told of a new version)

Every project is updated as by itself: by a request of its own, proposed once.
"""
