"""Jobs: what is to be done, and who hands it to those who do it.

::

    job (what is to be done, and the seam) -> thread_dispatcher (the threads of this process)
    job, engine_tables (where jobs wait) -> procrastinate_dispatcher (any worker, on many machines)
    engine_tables -> queue (what waits, and who does it)
    thread_dispatcher, procrastinate_dispatcher -> opening (which of them)

A dispatcher only hands out; what is due, and who may write, the database of the catalog decides.
Why: ``docs/decisions/0034-many-machines.md``.
"""
