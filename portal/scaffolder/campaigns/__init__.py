"""Which projects a template made, and campaigns: all of them updated, a few an hour.

::

    tables -> proposals (the last update of each project) -> instances (projects and versions)
    campaign (what a campaign is) -> store -> job
    proposals -> job
    tables, campaign -> store
    proposals -> watching (what became of requests: asked of forges)
    instances, store -> service -> api
    campaign -> schemas -> api
    tables, instances -> following (relations, and who is told of a new version)

Every project is updated as by itself: by a request of its own, proposed once.
"""
