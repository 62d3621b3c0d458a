"""Services are read, and links are made: at a commit, from mirrors, never checked out.

::

    services (which services and concepts there are) -> places (their repositories)
    services -> judgments (what persons said)
    recent (large repositories, from one commit to the next)
    deciding (the statuses of a service's links)
    saving (what is stored of a service)
    places, judgments, recent, deciding, saving -> service_scan (files become links)
    service_scan -> job (what is due, and when)
"""
