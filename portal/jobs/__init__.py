"""Jobs: what is to be done, and who hands it to those who do it.

::

    job (what is to be done, and the seam) -> thread_dispatcher (the threads of this process)

A dispatcher only hands out; what is due, and who may write, the database of the catalog decides.
"""
