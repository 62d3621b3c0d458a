"""How requests reach the application: processes, connections and threads.

::

    lanes -> sockets -> gateway
    access (ids of requests, access log) -> gateway
    connections, gateway -> serving -> supervision
    forked -> supervision

``supervision`` keeps processes alive that serve the same sockets, ``serving`` is one of them,
``forked`` starts the others beside them (the worker, the tasks) so that memory is shared,
``connections`` bounds what clients hold on to, ``gateway`` hands requests to the application,
``lanes`` gives them threads by what they wait for, and ``sockets`` talks with open pages
([0024](../../docs/decisions/0024-web-processes.md)).
"""
