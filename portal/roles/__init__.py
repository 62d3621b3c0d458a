"""What each process of the portal is made of.

::

    run_log (what is logged of runs) -> sync
    index_follower (the search index follows the catalog) -> sync (reads sources)
    index_follower, run_log, sync -> worker (when sources are read)
    bundle (the glossary the portal came with)
    access (what the settings let the portal reach) -> composition
    bundle, index_follower, sync, worker -> composition (what each area is made of)
    composition -> services (the composition root)
    services -> doctor (checks of configuration and health)
    processes (how one process starts the next), services -> web
    tasks (runs tasks, in a process of its own) -> services
    wheel (loaded by setuptools alone)
"""
